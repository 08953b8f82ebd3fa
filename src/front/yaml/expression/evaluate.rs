//! The value of an expression.

use std::ops::Range;

use super::super::value::{Number, Value};
use super::{Comparison, ExpressionError, Function, Kind, Lookup, MAX_EXPONENT, Node, Operator};

type Evaluated<T> = Result<T, ExpressionError>;

/// The value of `node`.
pub(super) fn value(node: &Node, lookup: &Lookup<'_>) -> Evaluated<Value> {
    match &node.kind {
        Kind::Literal(literal) => Ok(literal.clone()),
        Kind::Name(name) => lookup.get(name).ok_or_else(|| unknown_name(name, &node.span)),
        Kind::Negate(inner) => Ok(Value::Number(number(inner, "-", lookup)?.negated())),
        Kind::Not(inner) => Ok(Value::Boolean(!boolean(inner, "`not`", lookup)?)),
        Kind::Arithmetic(first, rest) => arithmetic(first, rest, lookup).map(Value::Number),
        Kind::Compare(comparison, operands) => compare(*comparison, operands, &node.span, lookup),
        Kind::Logical(all, operands) => logical(*all, operands, lookup),
        Kind::If(parts) => conditional(parts, lookup),
        Kind::Index(base, indices) => elements(base, indices, lookup),
        Kind::Call(function, arguments) => call(*function, arguments, &node.span, lookup),
    }
}

/// The error that nothing is called `name`.
fn unknown_name(name: &str, span: &Range<usize>) -> ExpressionError {
    ExpressionError::new(span, format!("unknown name `{name}`"))
}

/// The error that a number became too large.
fn too_large(span: &Range<usize>) -> ExpressionError {
    ExpressionError::new(span, "the number is too large")
}

/// The number `node` stands for, as an operand of `operator`.
fn number(node: &Node, operator: &str, lookup: &Lookup<'_>) -> Evaluated<Number> {
    match value(node, lookup)? {
        Value::Number(number) => Ok(number),
        other => Err(wrong_kind(&format!("`{operator}`"), "a number", &other, &node.span)),
    }
}

/// The boolean `node` stands for, as `user` needs it.
fn boolean(node: &Node, user: &str, lookup: &Lookup<'_>) -> Evaluated<bool> {
    match value(node, lookup)? {
        Value::Boolean(boolean) => Ok(boolean),
        other => Err(wrong_kind(user, "a boolean", &other, &node.span)),
    }
}

/// The error that `user` needs something else than what it got.
fn wrong_kind(user: &str, needed: &str, found: &Value, span: &Range<usize>) -> ExpressionError {
    let message = format!("{user} needs {needed}, but this is {}", found.describe());
    ExpressionError::new(span, message)
}

/// The value of operands in a row.
fn arithmetic(first: &Node, rest: &[(Operator, Node)], lookup: &Lookup<'_>) -> Evaluated<Number> {
    let symbol = rest.first().map_or("", |(operator, _)| operator.symbol());
    let mut result = number(first, symbol, lookup)?;
    for (operator, operand) in rest {
        let right = number(operand, operator.symbol(), lookup)?;
        if matches!(operator, Operator::FloorDivide | Operator::Modulo) {
            lookup.divided(identity(operand), result, right);
        }
        result = apply(*operator, result, right, first.span.start, &operand.span)?;
    }
    Ok(result)
}

/// The result of one operation; `start` is where its left side starts.
fn apply(
    operator: Operator,
    left: Number,
    right: Number,
    start: usize,
    span: &Range<usize>,
) -> Evaluated<Number> {
    let divides = matches!(operator, Operator::Divide | Operator::FloorDivide | Operator::Modulo);
    if divides && right.is_zero() {
        return Err(ExpressionError::new(span, "division by zero"));
    }
    let result = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => left.checked_div(right),
        Operator::FloorDivide => left.checked_floor_div(right),
        Operator::Modulo => left.checked_modulo(right),
        Operator::Power => left.checked_pow(exponent(left, right, span)?),
    };
    result.ok_or_else(|| too_large(&(start..span.end)))
}

/// The exponent of a power, within its bounds.
fn exponent(base: Number, exponent: Number, span: &Range<usize>) -> Evaluated<i32> {
    let Some(whole) = exponent.as_i128() else {
        let message = format!("an exponent is a whole number, not {exponent}");
        return Err(ExpressionError::new(span, message));
    };
    if base.is_zero() && whole < 0 {
        return Err(ExpressionError::new(span, "a negative power of zero is a division by zero"));
    }
    let bounded = i32::try_from(whole).ok().filter(|small| small.unsigned_abs() <= MAX_EXPONENT);
    bounded.ok_or_else(|| {
        ExpressionError::new(
            span,
            format!("the exponent {whole} is out of bounds, at most {MAX_EXPONENT} either way"),
        )
    })
}

/// What tells a comparison or a division from all others of a description: where one of its operands is kept.
fn identity(node: &Node) -> usize {
    std::ptr::from_ref(node).addr()
}

/// The result of a comparison.
fn compare(
    comparison: Comparison,
    operands: &[Node; 2],
    span: &Range<usize>,
    lookup: &Lookup<'_>,
) -> Evaluated<Value> {
    let [left_node, right_node] = operands;
    let left = value(left_node, lookup)?;
    let right = value(right_node, lookup)?;
    if left.kind_name() != right.kind_name() {
        let message = format!("{} and {} cannot be compared", left.describe(), right.describe());
        return Err(ExpressionError::new(span, message));
    }
    if let (Value::Number(left), Value::Number(right)) = (&left, &right) {
        lookup.compared(identity(left_node), left.cmp(right));
    }
    let result = match comparison {
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        _ => ordered(comparison, &left, &right, span)?,
    };
    Ok(Value::Boolean(result))
}

/// The result of a comparison of order; only numbers have one.
fn ordered(
    comparison: Comparison,
    left: &Value,
    right: &Value,
    span: &Range<usize>,
) -> Evaluated<bool> {
    let (Value::Number(left), Value::Number(right)) = (left, right) else {
        let message = format!(
            "`{}` compares numbers, but {} has no order",
            comparison.symbol(),
            left.kind_name()
        );
        return Err(ExpressionError::new(span, message));
    };
    Ok(match comparison {
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
    })
}

/// Whether all operands are true, or any is; those after the one that decides are not looked at.
fn logical(all: bool, operands: &[Node], lookup: &Lookup<'_>) -> Evaluated<Value> {
    let user = if all { "`and`" } else { "`or`" };
    for operand in operands {
        if boolean(operand, user, lookup)? != all {
            return Ok(Value::Boolean(!all));
        }
    }
    Ok(Value::Boolean(all))
}

/// The value of the branch that the condition chooses.
fn conditional(parts: &[Node; 3], lookup: &Lookup<'_>) -> Evaluated<Value> {
    let [condition, then, otherwise] = parts;
    let chosen =
        if boolean(condition, "the condition of `if`", lookup)? { then } else { otherwise };
    value(chosen, lookup)
}

/// The element that one index after the other leads to.
fn elements(base: &Node, indices: &[Node], lookup: &Lookup<'_>) -> Evaluated<Value> {
    let mut found = value(base, lookup)?;
    let mut span = base.span.clone();
    for index in indices {
        found = element(&found, &span, index, lookup)?;
        span.end = index.span.end.saturating_add(1);
    }
    Ok(found)
}

/// The element of a list; `span` is where the list stands.
fn element(
    list: &Value,
    span: &Range<usize>,
    index_node: &Node,
    lookup: &Lookup<'_>,
) -> Evaluated<Value> {
    let Value::List(items) = list else {
        return Err(wrong_kind("an index", "a list before it", list, span));
    };
    let index = match value(index_node, lookup)? {
        Value::Number(index) => index,
        other => return Err(wrong_kind("`[ ]`", "a number", &other, &index_node.span)),
    };
    if !index.is_integer() {
        let message = format!("an index is a whole number, not {index}");
        return Err(ExpressionError::new(&index_node.span, message));
    }
    let position = index.as_u64().and_then(|position| usize::try_from(position).ok());
    let found = position.and_then(|position| items.get(position));
    found.cloned().ok_or_else(|| out_of_range(index, items.len(), &index_node.span))
}

/// The error that a list has no such element.
fn out_of_range(index: Number, length: usize, span: &Range<usize>) -> ExpressionError {
    let elements = match length {
        0 => "the list is empty".to_owned(),
        1 => "the list has 1 element".to_owned(),
        _ => format!("the list has {length} elements"),
    };
    let error =
        ExpressionError::new(span, format!("the index {index} is out of range: {elements}"));
    if length == 0 { error } else { error.help("the first element has the index 0") }
}

/// The result of a function.
fn call(
    function: Function,
    arguments: &[Node],
    span: &Range<usize>,
    lookup: &Lookup<'_>,
) -> Evaluated<Value> {
    match (function, arguments) {
        (Function::Min | Function::Max, _) => {
            extreme(function, arguments, span, lookup).map(Value::Number)
        }
        (Function::Len, [list]) => length(list, lookup),
        (_, [node]) => {
            let argument = number(node, function.name(), lookup)?;
            match function {
                Function::Abs => lookup.compared(identity(node), argument.cmp(&Number::ZERO)),
                Function::Ceil | Function::Floor => {
                    lookup.divided(identity(node), argument, Number::ONE);
                }
                Function::Min | Function::Max | Function::Len => {}
            }
            rounded(function, argument).map(Value::Number).ok_or_else(|| too_large(span))
        }
        _ => Err(ExpressionError::new(span, format!("`{}` takes one argument", function.name()))),
    }
}

/// The result of a function of one number.
fn rounded(function: Function, argument: Number) -> Option<Number> {
    match function {
        Function::Ceil => argument.ceil(),
        Function::Floor => argument.floor(),
        Function::Abs => Some(argument.abs()),
        Function::Min | Function::Max | Function::Len => Some(argument),
    }
}

/// The number of elements of a list.
fn length(node: &Node, lookup: &Lookup<'_>) -> Evaluated<Value> {
    match value(node, lookup)? {
        Value::List(items) => Ok(Value::from(u64::try_from(items.len()).unwrap_or(u64::MAX))),
        other => Err(wrong_kind("`len`", "a list", &other, &node.span)),
    }
}

/// The smallest or largest of the arguments, or of the elements of the list that is the only argument.
fn extreme(
    function: Function,
    arguments: &[Node],
    span: &Range<usize>,
    lookup: &Lookup<'_>,
) -> Evaluated<Number> {
    let mut best = None;
    for node in arguments {
        match value(node, lookup)? {
            Value::List(items) if arguments.len() == 1 => {
                for item in items.iter() {
                    best = better(function, best, item, node, lookup)?;
                }
            }
            single => best = better(function, best, &single, node, lookup)?,
        }
    }
    best.ok_or_else(|| {
        ExpressionError::new(span, format!("`{}` of an empty list", function.name()))
    })
}

/// The smaller or larger of what was found so far and `candidate`.
fn better(
    function: Function,
    best: Option<Number>,
    candidate: &Value,
    node: &Node,
    lookup: &Lookup<'_>,
) -> Evaluated<Option<Number>> {
    let Value::Number(candidate) = *candidate else {
        return Err(wrong_kind(
            &format!("`{}`", function.name()),
            "numbers",
            candidate,
            &node.span,
        ));
    };
    if let Some(best) = best {
        lookup.compared(identity(node), best.cmp(&candidate));
    }
    Ok(Some(match best {
        None => candidate,
        Some(best) if function == Function::Min => best.min(candidate),
        Some(best) => best.max(candidate),
    }))
}
