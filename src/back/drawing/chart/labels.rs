//! Labels of points without what all of them say.

/// Longer labels are shortened further where they can be.
const LONG: usize = 22;

/// Labels of parts such as `growth=12, depth=40`, and what is said once of all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Labels {
    /// As short as they can be told apart.
    pub(super) labels: Vec<String>,
    /// What the parts of a label are, where they do not say it themselves.
    pub(super) note: Option<String>,
}

/// Labels without the parts that are the same in all of them; where one part is left, or labels are long still, also without the parts'
/// names, if these are the same in all.
pub(super) fn shortened(labels: &[String]) -> Labels {
    let unchanged = || Labels { labels: labels.to_vec(), note: None };
    let split: Vec<Vec<&str>> = labels.iter().map(|label| parts(label)).collect();
    let Some((first, others)) = split.split_first() else { return unchanged() };
    if others.iter().any(|other| other.len() != first.len()) {
        return unchanged();
    }
    let differs = |place: usize| {
        let part = first.get(place);
        others.iter().any(|other| other.get(place) != part)
    };
    let kept: Vec<usize> = (0..first.len()).filter(|place| differs(*place)).collect();
    let of = |parts: &[&str], part: fn(&str) -> &str| {
        let kept = kept.iter().filter_map(|place| parts.get(*place).copied());
        kept.map(part).collect::<Vec<_>>().join(", ")
    };
    if kept.is_empty() {
        return unchanged();
    }
    let whole: Vec<String> = split.iter().map(|parts| of(parts, |part| part)).collect();
    let names = of(first, name);
    let have_names = kept.iter().all(|place| {
        split.iter().all(|parts| parts.get(*place).is_some_and(|part| !name(part).is_empty()))
    });
    let have_same = have_names && split.iter().all(|parts| of(parts, name) == names);
    let are_long = whole.iter().any(|label| label.chars().count() > LONG);
    if have_same && (kept.len() == 1 || are_long) {
        let labels = split.iter().map(|parts| of(parts, value)).collect();
        return Labels { labels, note: Some(format!("Named by {names}.")) };
    }
    Labels { labels: whole, note: None }
}

/// The parts between commas that stand in no brackets.
fn parts(label: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    label
        .split(|character| {
            match character {
                '[' | '(' | '{' => depth = depth.saturating_add(1),
                ']' | ')' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            character == ',' && depth == 0
        })
        .map(str::trim)
        .collect()
}

fn name(part: &str) -> &str {
    part.split_once('=').map_or("", |(name, _)| name)
}

fn value(part: &str) -> &str {
    part.split_once('=').map_or(part, |(_, value)| value)
}

/// The text with its middle cut out where it is longer than `length`: labels differ at their ends.
pub(in crate::back::drawing) fn cut_in_the_middle(text: &str, length: usize) -> String {
    let count = text.chars().count();
    if count <= length {
        return text.to_owned();
    }
    let tail = length.saturating_sub(1) * 2 / 3;
    let head = length.saturating_sub(1) - tail;
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count - tail).collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_kept() {
        let cases: &[(&[&str], &[&str], Option<&str>)] = &[
            (&[], &[], None),
            (&["growth=8"], &["growth=8"], None),
            (&["growth=8", "growth=16"], &["8", "16"], Some("Named by growth.")),
            (&["k=8, n=1", "k=8, n=2"], &["1", "2"], Some("Named by n.")),
            (&["k=8, n=1", "k=4, n=2"], &["k=8, n=1", "k=4, n=2"], None),
            (
                &["growth=8, bottleneck=true", "growth=12, bottleneck=false"],
                &["8, true", "12, false"],
                Some("Named by growth, bottleneck."),
            ),
            (&["d=[2, 2], c=1", "d=[2, 3], c=1"], &["[2, 2]", "[2, 3]"], Some("Named by d.")),
            (&["conv1", "conv2"], &["conv1", "conv2"], None),
            (&["k=1", "k=1"], &["k=1", "k=1"], None),
            (&["a, b", "c"], &["a, b", "c"], None),
        ];
        for (labels, expected, note) in cases {
            let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
            let short = shortened(&labels);
            assert_eq!(short.labels, *expected);
            assert_eq!(short.note.as_deref(), *note);
        }
        assert_eq!(cut_in_the_middle("growth=12/depth=40", 10), "gro…pth=40");
        assert_eq!(cut_in_the_middle("short", 10), "short");
    }
}
