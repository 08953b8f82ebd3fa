//! What lies under something else in a chart, and how all of it is seen all the same.
//!
//! Of lines on the same way, those drawn later are dashed so that the others show between; of dots at the same place, those drawn
//! earlier are larger. A name tells where all of a series is where another is.

use super::Shown;
use crate::back::drawing::scale::Scale;
use crate::report::document::Mark;

/// With more points than this, nothing is looked for.
const MOST_COMPARED: usize = 3_000;
/// Nearer than this, in pixels, one hides the other.
const NEAR: f64 = 1.5;

/// Finds what hides what in a plot of a size.
pub(super) fn untangle(shown: &mut [Shown<'_>], [x, y]: [&Scale; 2], [width, height]: [f64; 2]) {
    if shown.iter().map(|shown| shown.points.len()).sum::<usize>() > MOST_COMPARED {
        return;
    }
    let places = shown.iter().map(|shown| {
        let at = |point: &(usize, f64, f64)| (x.share(point.1) * width, y.share(point.2) * height);
        shown.points.iter().map(at).collect::<Vec<_>>()
    });
    let places: Vec<Vec<(f64, f64)>> = places.collect();
    let can_hide = |mark| matches!(mark, Mark::Line | Mark::Step | Mark::Point);
    for upper in 1..shown.len() {
        let Some((before, [above, ..])) = shown.split_at_mut_checked(upper) else { continue };
        if !can_hide(above.look.mark) {
            continue;
        }
        for (lower, below) in before.iter_mut().enumerate() {
            let (Some(mine), Some(theirs)) = (places.get(upper), places.get(lower)) else {
                continue;
            };
            if below.look.mark != above.look.mark || mine.is_empty() {
                continue;
            }
            let is_hidden: Vec<bool> =
                theirs.iter().map(|place| mine.iter().any(|other| is_near(place, other))).collect();
            for (rings, is_hidden) in below.rings.iter_mut().zip(&is_hidden) {
                *rings += u8::from(*is_hidden && *rings < 3);
            }
            let is_line = above.look.mark != Mark::Point;
            let hides_a_way = is_hidden.windows(2).any(|pair| pair == [true, true]);
            if is_line && (hides_a_way || theirs.len() == 1 && is_hidden == [true]) {
                above.look.below += 1;
            }
            let covers = mine.len() == theirs.len() && is_hidden.iter().all(|hidden| *hidden);
            if covers && above.same_as.is_none() {
                let values = |shown: &Shown<'_>| {
                    shown.points.iter().map(|(_, x, y)| (*x, *y)).collect::<Vec<_>>()
                };
                let how = if values(above) == values(below) { "same as" } else { "nearly as" };
                above.same_as = Some(format!("{how} {}", below.name));
            }
        }
    }
}

fn is_near(one: &(f64, f64), other: &(f64, f64)) -> bool {
    (one.0 - other.0).abs() < NEAR && (one.1 - other.1).abs() < NEAR
}
