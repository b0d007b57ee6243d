//! Which pages are free, and how many branches hold each of the others. Plain bookkeeping: the GPU is not involved.

/// A physical page.
pub type PageId = u32;

/// A fixed set of reference-counted pages.
#[derive(Debug, Clone)]
pub struct PagePool {
    /// Holders of each page; 0 = free.
    counts: Vec<u32>,
    /// The free pages, taken from the end.
    free: Vec<PageId>,
}

impl PagePool {
    /// A pool of `pages` free pages; the lowest is taken first.
    pub fn new(pages: u32) -> Self {
        Self { counts: vec![0; pages as usize], free: (0..pages).rev().collect() }
    }

    /// Takes a free page, with one holder; `None` when all are held.
    pub fn take(&mut self) -> Option<PageId> {
        let page = self.free.pop()?;
        self.counts[page as usize] = 1;
        Some(page)
    }

    /// Adds a holder to a held page.
    pub fn share(&mut self, page: PageId) {
        debug_assert!(self.counts[page as usize] > 0, "page {page} is free");
        self.counts[page as usize] += 1;
    }

    /// Drops a holder; the last one frees the page.
    pub fn release(&mut self, page: PageId) {
        let count = &mut self.counts[page as usize];
        debug_assert!(*count > 0, "page {page} is free");
        *count -= 1;
        if *count == 0 {
            self.free.push(page);
        }
    }

    /// Holders of a page.
    pub fn holders(&self, page: PageId) -> u32 {
        self.counts[page as usize]
    }

    /// Pages that no one holds.
    pub fn free_pages(&self) -> usize {
        self.free.len()
    }

    /// All pages.
    pub fn pages(&self) -> usize {
        self.counts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::PagePool;
    use proptest::prelude::*;

    proptest! {
        /// Any sequence of operations leaves exactly the pages free that no list holds.
        #[test]
        fn counts_follow_holders(operations in prop::collection::vec((0u8..3, 0usize..64), 0..200)) {
            let mut pool = PagePool::new(8);
            let mut held: Vec<u32> = Vec::new();
            for (operation, index) in operations {
                match operation {
                    0 => match pool.take() {
                        Some(page) => {
                            prop_assert!(!held.contains(&page), "a held page was given out");
                            held.push(page);
                        }
                        None => prop_assert!((0..8).all(|page| held.contains(&page))),
                    },
                    1 if !held.is_empty() => {
                        let page = held[index % held.len()];
                        pool.share(page);
                        held.push(page);
                    }
                    2 if !held.is_empty() => pool.release(held.swap_remove(index % held.len())),
                    _ => {}
                }
                for page in 0..8u32 {
                    prop_assert_eq!(pool.holders(page) as usize, held.iter().filter(|&&p| p == page).count());
                }
                let distinct = (0..8u32).filter(|p| held.contains(p)).count();
                prop_assert_eq!(pool.free_pages(), 8 - distinct);
            }
        }
    }
}
