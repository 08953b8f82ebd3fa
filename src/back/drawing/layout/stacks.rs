//! Items that hang together, and how they lead to one another.

use super::Item;

/// Items that hang together.
pub(super) struct Stack {
    pub(super) items: Vec<usize>,
    pub(super) width: f64,
    pub(super) height: f64,
    /// Stacks whose results it takes.
    pub(super) inputs: Vec<usize>,
}

/// Puts items that hang together into stacks.
pub(super) fn stacks(items: &[Item]) -> Vec<Stack> {
    let mut takers = vec![0_usize; items.len()];
    for input in items.iter().flat_map(|item| &item.inputs) {
        takers[*input] += 1;
    }
    let mut stacks: Vec<Stack> = Vec::new();
    let mut stack_of: Vec<usize> = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let held = match item.inputs.as_slice() {
            [input] if item.hangs && takers[*input] == 1 => Some(stack_of[*input]),
            _ => None,
        };
        let index = held.unwrap_or(stacks.len());
        if held.is_none() {
            let mut inputs: Vec<usize> = item.inputs.iter().map(|input| stack_of[*input]).collect();
            inputs.sort_unstable();
            inputs.dedup();
            stacks.push(Stack { items: Vec::new(), width: 0.0, height: 0.0, inputs });
        }
        let stack = &mut stacks[index];
        stack.items.push(place);
        stack.width = stack.width.max(item.width);
        stack.height += item.height;
        stack_of.push(index);
    }
    stacks
}

/// Which stacks have another way to a stack than the line itself, by stack and input.
pub(super) fn skips(stacks: &[Stack]) -> Vec<Vec<bool>> {
    // Whether a stack's result has a part in another's, by the other.
    let mut parts: Vec<Vec<bool>> = Vec::with_capacity(stacks.len());
    let mut skips = Vec::with_capacity(stacks.len());
    for stack in stacks {
        let has_way = |from: usize| stack.inputs.iter().any(|input| parts[*input][from]);
        skips.push(stack.inputs.iter().map(|input| has_way(*input)).collect());
        let mut part: Vec<bool> = (0..stacks.len()).map(has_way).collect();
        for input in &stack.inputs {
            part[*input] = true;
        }
        parts.push(part);
    }
    skips
}

/// Which stacks lead to the last one; others are side branches that end by themselves.
pub(super) fn mains(stacks: &[Stack]) -> Vec<bool> {
    let mut mains = vec![false; stacks.len()];
    if let Some(last) = mains.last_mut() {
        *last = true;
    }
    for (place, stack) in stacks.iter().enumerate().rev() {
        for input in &stack.inputs {
            mains[*input] |= mains[place];
        }
    }
    mains
}
