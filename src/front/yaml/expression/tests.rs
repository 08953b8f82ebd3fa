//! What expressions give, and what is said about mistakes in them.

use super::*;
use crate::front::yaml::value::Number;
use proptest::prelude::*;

/// The names the tests know.
fn lookup(name: &str) -> Option<Value> {
    Some(match name {
        "channels" => Value::from(64_u64),
        "zero" => Value::from(0_u64),
        "yes" => Value::from(true),
        "stride_on" | "first" => Value::word("first"),
        "second" => Value::word("second"),
        "depths" => Value::list([3_u64, 4, 6, 3].map(Value::from)),
        "nested" => Value::list([Value::list([1_u64, 2].map(Value::from)), Value::list([])]),
        "one" => Value::list([Value::from(7_u64)]),
        "empty" => Value::list([]),
        "mixed" => Value::list([Value::from(1_u64), Value::from(true)]),
        "größe" => Value::from(5_u64),
        _ => return None,
    })
}

fn evaluate(text: &str) -> Result<Value, ExpressionError> {
    Expression::parse(text)?.evaluate(&lookup)
}

#[test]
fn expressions_have_their_value() {
    let cases = [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 3 - 2", "5"),
        ("100 / 5 / 2", "10"),
        ("2 * 7 // 3 * 2", "8"),
        ("-2 ** 2", "-4"),
        ("(-2) ** 2", "4"),
        ("2 ** 3 ** 2", "512"),
        ("2 ** -1", "0.5"),
        ("2 ** - - 1", "2"),
        ("-channels", "-64"),
        ("+3", "3"),
        ("7 // 2", "3"),
        ("-7 // 2", "-4"),
        ("7 % -2", "-1"),
        ("-7 % 2", "1"),
        ("7.5 % 2", "1.5"),
        ("0.1 + 0.2", "0.3"),
        ("0.1 + 0.2 == 0.3", "true"),
        ("0.1 * 3 / 0.3", "1"),
        ("1 / 3", "1/3"),
        ("1 / 3 * 3", "1"),
        ("3.8e9", "3800000000"),
        (".5 + 1E-1", "0.6"),
        ("channels // 2 + 1", "33"),
        ("1 < 2", "true"),
        ("1 >= 2", "false"),
        ("1 + 1 <= 2 * 1", "true"),
        ("1 != 2", "true"),
        ("(1 < 2) == (2 < 3)", "true"),
        ("depths == depths", "true"),
        ("not 1 == 2", "true"),
        ("not not yes", "true"),
        ("not false and false", "false"),
        ("true or false and false", "true"),
        ("(true or false) and false", "false"),
        ("yes and 1 < 2 or nowhere", "true"),
        ("false and nowhere", "false"),
        ("true or nowhere", "true"),
        ("false or false or yes", "true"),
        ("1 if yes else nowhere", "1"),
        ("nowhere if false else 2", "2"),
        ("1 if false else 2 if false else 3", "3"),
        ("1 + 1 if yes or false else 0", "2"),
        ("(1 if yes else 2) + 1", "2"),
        ("2 if stride_on == first else 1", "2"),
        ("2 if stride_on != second else 1", "2"),
        ("second if yes else first", "second"),
        ("min(3, 1, 2)", "1"),
        ("max(3, 1 / 2, -2)", "3"),
        ("max(depths)", "6"),
        ("min(4)", "4"),
        ("min(4, 3,)", "3"),
        ("ceil(7 / 2)", "4"),
        ("floor(-7 / 2)", "-4"),
        ("abs(-3)", "3"),
        ("len(depths)", "4"),
        ("depths[0]", "3"),
        ("depths[1 + 1]", "6"),
        ("depths", "[3, 4, 6, 3]"),
        ("nested[0][1]", "2"),
        ("nested[1]", "[]"),
        ("depths[nested[0][0]] ** 2", "16"),
        ("größe + 1", "6"),
        ("  7  ", "7"),
        ("1 // 0 if false else 5", "5"),
    ];
    for (text, expected) in cases {
        let found = evaluate(text).map(|value| value.to_string());
        assert_eq!(found.as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn errors_tell_what_is_wrong_and_where() {
    let cases = [
        ("", "", "an expression is missing"),
        ("1 +", "", "the expression ends where a value is expected"),
        ("1 2", "2", "`2` stands where an operator or the end is expected"),
        ("* 2", "*", "`*` stands where a value is expected"),
        ("(1", "", "the expression ends where `)` is expected"),
        ("depths[1", "", "the expression ends where `]` is expected"),
        ("min(1 2)", "2", "`2` stands where `,` or `)` is expected"),
        ("1)", ")", "`)` stands where an operator or the end is expected"),
        ("1 if true", "", "the expression ends where `else` is expected"),
        ("1 + not true", "not", "`not` stands where a value is expected"),
        ("1 < 2 < 3", "1 < 2 <", "comparisons cannot be chained"),
        ("[1, 2]", "[", "`[` stands where a value is expected"),
        ("'a' == 1", "'", "unexpected character '\\''"),
        ("1 + §", "§", "unexpected character '§'"),
        ("true && false", "&&", "`&&` is no operator here"),
        ("true || false", "||", "`||` is no operator here"),
        ("!true", "!", "`!` is no operator here"),
        ("2 ^ 3", "^", "`^` is no operator here"),
        ("stride = 1", "=", "`=` is no operator here"),
        ("3x3", "3x3", "`3x3` is not a number"),
        ("1.2.3", "1.2.3", "`1.2.3` is not a number"),
        ("1e", "1e", "`1e` is not a number"),
        ("1 + 1e99", "1e99", "the number is too large"),
        ("1e-99", "1e-99", "the number has too many decimal places"),
        ("mix(1)", "mix", "unknown function `mix`"),
        ("channels(1)", "channels", "unknown function `channels`"),
        ("min()", "min()", "`min` takes at least one argument, not 0"),
        ("abs(1, 2)", "abs(1, 2)", "`abs` takes one argument, not 2"),
        ("1 + nowhere", "nowhere", "unknown name `nowhere`"),
        ("1 + first", "first", "`+` needs a number, but this is the word `first`"),
        ("yes * 2", "yes", "`*` needs a number, but this is the boolean `true`"),
        ("-depths", "depths", "`-` needs a number, but this is the list `[3, 4, 6, 3]`"),
        ("not 1", "1", "`not` needs a boolean, but this is the number `1`"),
        ("yes and 1", "1", "`and` needs a boolean, but this is the number `1`"),
        ("1 or yes", "1", "`or` needs a boolean, but this is the number `1`"),
        ("1 if 1 else 2", "1", "the condition of `if` needs a boolean, but this is the number `1`"),
        ("1 == yes", "1 == yes", "the number `1` and the boolean `true` cannot be compared"),
        ("first == 1", "first == 1", "the word `first` and the number `1` cannot be compared"),
        ("first < second", "first < second", "`<` compares numbers, but a word has no order"),
        ("yes >= false", "yes >= false", "`>=` compares numbers, but a boolean has no order"),
        ("1 + 2 / zero", "zero", "division by zero"),
        ("1 // (1 - 1)", "(1 - 1)", "division by zero"),
        ("1 % 0", "0", "division by zero"),
        ("0 ** -1", "-1", "a negative power of zero is a division by zero"),
        ("2 ** 0.5", "0.5", "an exponent is a whole number, not 0.5"),
        ("1 ** 257", "257", "the exponent 257 is out of bounds, at most 256 either way"),
        ("3 + 2 ** 200", "2 ** 200", "the number is too large"),
        ("2 + 1e38 + 1e38", "2 + 1e38 + 1e38", "the number is too large"),
        ("depths[4]", "4", "the index 4 is out of range: the list has 4 elements"),
        ("depths[-1]", "-1", "the index -1 is out of range: the list has 4 elements"),
        ("one[1]", "1", "the index 1 is out of range: the list has 1 element"),
        ("empty[0]", "0", "the index 0 is out of range: the list is empty"),
        ("depths[0.5]", "0.5", "an index is a whole number, not 0.5"),
        ("depths[yes]", "yes", "`[ ]` needs a number, but this is the boolean `true`"),
        ("channels[0]", "channels", "an index needs a list before it, but this is the number `64`"),
        (
            "depths[0][1]",
            "depths[0]",
            "an index needs a list before it, but this is the number `3`",
        ),
        ("len(3)", "3", "`len` needs a list, but this is the number `3`"),
        ("max(empty)", "max(empty)", "`max` of an empty list"),
        ("max(mixed)", "mixed", "`max` needs numbers, but this is the boolean `true`"),
        ("min(1, depths)", "depths", "`min` needs numbers, but this is the list `[3, 4, 6, 3]`"),
        ("größe + §", "§", "unexpected character '§'"),
    ];
    for (text, span, message) in cases {
        let error = evaluate(text).expect_err(text);
        assert_eq!(error.message, message, "{text}");
        assert_eq!(text.get(error.span.clone()), Some(span), "{text}: {error:?}");
    }
}

#[test]
fn errors_help() {
    let cases = [
        ("1 < 2 < 3", "write `a < b and b < c`"),
        ("mx(1)", "did you mean `max`?"),
        ("frobnicate(1)", "the functions are min, max, ceil, floor, abs, len"),
        ("true && false", "write `and`"),
        ("depths[4]", "the first element has the index 0"),
        ("[1]", "a list is written as a YAML sequence, not within an expression"),
        ("\"a\"", "a word is written without quotes"),
        ("1 if 2", "a conditional is written `a if condition else b`"),
    ];
    for (text, help) in cases {
        assert_eq!(evaluate(text).expect_err(text).help.as_deref(), Some(help), "{text}");
    }
}

#[test]
fn everything_is_bounded() {
    let long = "1".repeat(MAX_LENGTH + 1);
    assert!(
        evaluate(&long).unwrap_err().message.starts_with("the expression is too long: 4097 bytes")
    );
    let sum = format!("1{}", "+1".repeat(2000));
    assert_eq!(evaluate(&sum), Ok(Value::from(2001_u64)));
    let indices = format!("depths{}", "[0]".repeat(1300));
    assert!(evaluate(&indices).is_err());

    for (open, close) in [
        ("(", ")"),
        ("-", ""),
        ("not ", ""),
        ("1 ** ", ""),
        ("abs(", ")"),
        ("depths[", "]"),
        ("1 if true else ", ""),
    ] {
        let nest = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        let shallow = Expression::parse(&nest(MAX_NESTING));
        assert!(shallow.is_ok(), "{open}: {shallow:?}");
        let deep = Expression::parse(&nest(MAX_NESTING + 1)).unwrap_err();
        assert_eq!(deep.message, "the expression nests too deep, at most 64", "{open}");
    }
}

#[test]
fn the_deepest_tree_fits_a_small_stack() {
    let open = "true or true and 1==0+1*abs(1 if ";
    let text =
        format!("{}true{}", open.repeat(MAX_NESTING / 2), " else 1)".repeat(MAX_NESTING / 2));
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    let outcome =
        thread.spawn(move || evaluate(&text).map(|value| value.to_string())).unwrap().join();
    assert_eq!(outcome.unwrap(), Ok("true".to_owned()));
    let open = "false or true and 1==0+1*2**abs(";
    let text = format!("{}1{}", open.repeat(MAX_NESTING / 2), ")".repeat(MAX_NESTING / 2));
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    let outcome = thread.spawn(move || evaluate(&text).is_err()).unwrap().join();
    assert!(outcome.unwrap());
}

#[test]
fn literals_and_names_are_recognised() {
    let constant =
        |text: &str| Expression::parse(text).unwrap().constant().map(ToString::to_string);
    assert_eq!(constant("3"), Some("3".to_owned()));
    assert_eq!(constant("-0.5"), Some("-0.5".to_owned()));
    assert_eq!(constant("true"), Some("true".to_owned()));
    assert_eq!(constant("same"), None);
    assert_eq!(constant("1 + 1"), None);
    let name = |text: &str| Expression::parse(text).unwrap().as_name().map(ToOwned::to_owned);
    assert_eq!(name(" same "), Some("same".to_owned()));
    assert_eq!(name("len"), Some("len".to_owned()));
    assert_eq!(name("same + 1"), None);
    assert_eq!(name("true"), None);
}

#[test]
fn names_are_listed_in_order() {
    let text = "max(b, a) if depths[i] == b else true";
    let expression = Expression::parse(text).unwrap();
    let names: Vec<_> =
        expression.names().map(|(name, span)| (name, text.get(span).unwrap())).collect();
    assert_eq!(names, [("b", "b"), ("a", "a"), ("depths", "depths"), ("i", "i"), ("b", "b")]);
}

#[test]
fn templates_are_filled_in() {
    let render = |text: &str| Template::parse(text).unwrap().render(&lookup);
    assert_eq!(render("conv1").as_deref(), Ok("conv1"));
    assert_eq!(render("").as_deref(), Ok(""));
    assert_eq!(render("stage{channels + 1}").as_deref(), Ok("stage65"));
    assert_eq!(render("{first}_{ yes }-é{1 / 2}").as_deref(), Ok("first_true-é0.5"));
    assert_eq!(Template::parse("conv1").unwrap().literal(), Some("conv1"));
    assert_eq!(Template::parse("").unwrap().literal(), Some(""));
    assert_eq!(Template::parse("conv{i}").unwrap().literal(), None);
    let text = "é{i + 1}_{j}";
    let template = Template::parse(text).unwrap();
    let names: Vec<_> =
        template.names().map(|(name, span)| (name, text.get(span).unwrap())).collect();
    assert_eq!(names, [("i", "i"), ("j", "j")]);
}

#[test]
fn template_errors_tell_where() {
    let cases = [
        ("a}", "}", "this `}` closes no `{`"),
        ("é{i", "{", "this `{` is never closed"),
        ("a{}", "{}", "an expression is missing between the braces"),
        ("a{ }", "{ }", "an expression is missing between the braces"),
        ("a{1 +}b", "", "the expression ends where a value is expected"),
        ("é{1 + nowhere}", "nowhere", "unknown name `nowhere`"),
        ("a{depths}", "depths", "a list cannot stand in a name"),
        ("a{{i}}", "{", "unexpected character '{'"),
    ];
    for (text, span, message) in cases {
        let error =
            Template::parse(text).and_then(|template| template.render(&lookup)).expect_err(text);
        assert_eq!(error.message, message, "{text}");
        assert_eq!(text.get(error.span.clone()), Some(span), "{text}: {error:?}");
    }
    assert!(Template::parse(&"a".repeat(MAX_LENGTH + 1)).is_err());
}

/// Spans of errors are parts of the text.
fn check(text: &str) -> Result<(), TestCaseError> {
    if let Err(error) = evaluate(text) {
        prop_assert!(text.get(error.span.clone()).is_some(), "{text:?}: {error:?}");
    }
    if let Err(error) = Template::parse(text).and_then(|template| template.render(&lookup)) {
        prop_assert!(text.get(error.span.clone()).is_some(), "{text:?}: {error:?}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_no_trouble(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn any_row_of_tokens_is_no_trouble(tokens in prop::collection::vec(prop::sample::select(vec![
        "1", "0.5", "1e38", "channels", "depths", "first", "yes", "zero", "x", "+", "-", "*", "/", "//", "%", "**", "(", ")", "[", "]",
        ",", "==", "<", "and", "or", "not", "if", "else", "min(", "len(", "abs(", "{", "}", "größe", "§", "=",
    ]), 0..40)) {
        check(&tokens.join(" "))?;
        check(&tokens.concat())?;
    }

    #[test]
    fn whole_numbers_survive(value in any::<i64>()) {
        let expression = Expression::parse(&value.to_string()).unwrap();
        prop_assert_eq!(expression.constant(), Some(&Value::Number(Number::from(value))));
    }
}
