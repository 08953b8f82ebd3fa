//! A bound on what is spent on arithmetic.

/// What may still be spent, in products of coefficients of a word each.
#[derive(Debug)]
pub(super) struct ProductQuota(u64);

impl ProductQuota {
    pub(super) fn of(most: u64) -> Self {
        Self(most)
    }

    /// Spends what so many products of coefficients take, whose factors have so many words together; `None` where it is too much.
    pub(super) fn spend(&mut self, products: usize, words: u64) -> Option<()> {
        let products = u64::try_from(products).ok()?;
        let cost = words.checked_mul(words).and_then(|each| each.checked_mul(products.max(1)))?;
        self.0 = self.0.checked_sub(cost)?;
        Some(())
    }
}
