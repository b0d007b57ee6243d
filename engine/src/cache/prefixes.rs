//! Which branches of a step read the same pages: attention reads those once for all of them.

use super::branches::{BranchId, Branches};
use super::pages::PageId;
use crate::Result;
use crate::kernels::attention_prefix::{AttentionPrefix, PrefixTile};

/// Rows that read their first `length` positions together.
#[derive(Debug)]
struct Group {
    rows: Vec<usize>,
    length: u32,
}

impl Group {
    /// Positions that are not read again.
    fn spared(&self) -> u32 {
        (self.rows.len() - tiles_of(self.rows.len())) as u32 * self.length
    }
}

impl Branches {
    /// Tiles of the step in which each of `rows` decodes: rows whose branches begin with the same whole pages. A row is
    /// in one tile at most, so that its positions fall into two parts, the tile's and its own.
    ///
    /// Branches of a tree of forks are grouped from its leaves down: at each fork the rows that have no group yet
    /// become one, with what they have in common, joined by the groups that spare no more by themselves. Rows whose
    /// group would spare fewer than `least` positions read for themselves.
    pub fn prefix_tiles(&self, rows: &[BranchId], least: u32) -> Result<Vec<PrefixTile>> {
        // A page is whole when its positions were there before the step.
        let whole = |&id| Ok(&self.pages(id)?[..(self.length(id)? / self.limits().page) as usize]);
        let pages: Vec<&[PageId]> = rows.iter().map(whole).collect::<Result<_>>()?;
        let mut sorted: Vec<(usize, &[PageId])> = pages.into_iter().enumerate().collect();
        sorted.sort_by_key(|&(_, pages)| pages);
        let mut tiles = Vec::new();
        for Group { rows: mut members, length } in groups(&sorted, self.limits().page, least).0 {
            members.sort_unstable();
            // Tiles of nearly one size.
            for part in members.chunks(members.len().div_ceil(tiles_of(members.len()))) {
                let which = part.iter().map(|&row| row as u32).collect();
                tiles.push(PrefixTile { branch: rows[part[0]].0, length, rows: which });
            }
        }
        Ok(tiles)
    }
}

/// Tiles of so many rows.
fn tiles_of(rows: usize) -> usize {
    rows.div_ceil(AttentionPrefix::TILE as usize)
}

/// The groups among rows given with their pages and sorted by those, and the rows of no group.
fn groups(sorted: &[(usize, &[PageId])], page: u32, least: u32) -> (Vec<Group>, Vec<usize>) {
    let (Some((first, lowest)), Some((_, highest))) = (sorted.first(), sorted.last()) else {
        return (Vec::new(), Vec::new());
    };
    // Sorted, so that what the ends have in common, all have.
    let common = lowest.iter().zip(*highest).take_while(|(a, b)| a == b).count();
    let length = common as u32 * page;
    if sorted.len() == 1 {
        return (Vec::new(), vec![*first]);
    }
    let (mut apart, mut rest) = (Vec::new(), Vec::new());
    if common == highest.len() {
        rest.extend(sorted.iter().map(|&(row, _)| row));
    } else {
        for part in sorted.chunk_by(|a, b| a.1.get(common) == b.1.get(common)) {
            let (of_part, rest_of_part) = groups(part, page, least);
            apart.extend(of_part);
            rest.extend(rest_of_part);
        }
    }
    // Whoever has no group further up joins here, and groups that spare less by themselves.
    let (joining, staying): (Vec<Group>, Vec<Group>) =
        apart.into_iter().partition(|group| group.spared() <= group.rows.len() as u32 * length);
    let lost: u32 = joining.iter().map(Group::spared).sum();
    let rows = rest.iter().chain(joining.iter().flat_map(|group| &group.rows)).copied().collect();
    let joined = Group { rows, length };
    let mut found = staying;
    if joined.spared() > lost && joined.spared() >= least {
        found.push(joined);
        rest.clear();
    } else {
        found.extend(joining);
    }
    (found, rest)
}

#[cfg(test)]
mod tests {
    use crate::cache::{BranchId, Branches, Limits, Writer};
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { page: 4, pages: 400, branches: 16, context: 64, trained_context: 64 };

    /// A tree of forks: (parent, where it forks, positions of its own) of each branch.
    fn tree() -> impl Strategy<Value = Vec<(usize, u32, u32)>> {
        prop::collection::vec((0usize..16, 0u32..48, 0u32..16), 1..16)
    }

    fn planted(tree: &[(usize, u32, u32)]) -> (Branches, Vec<BranchId>) {
        let mut branches = Branches::new(LIMITS);
        let mut ids = vec![branches.open().unwrap()];
        branches.extend(ids[0], 40, Writer::Base).unwrap();
        for &(parent, at, own) in tree {
            let parent = ids[parent % ids.len()];
            let at = at.min(branches.length(parent).unwrap());
            let id = branches.fork(parent, Some(at)).unwrap();
            branches.extend(id, own.min(LIMITS.context - at), Writer::Base).unwrap();
            ids.push(id);
        }
        (branches, ids)
    }

    proptest! {
        /// Each position of each row is read exactly once, by the row or by its one tile, from the row's own pages.
        #[test]
        fn tiles_and_rows_cover_each_position_once(tree in tree(), from in 0usize..16, least in 0u32..64) {
            let (branches, ids) = planted(&tree);
            let rows: Vec<BranchId> = ids.iter().rev().copied().skip(from.min(ids.len() - 1)).collect();
            let tiles = branches.prefix_tiles(&rows, least).unwrap();
            let mut starts = vec![0u32; rows.len()];
            for tile in &tiles {
                prop_assert!((2..=8).contains(&tile.rows.len()));
                prop_assert!(tile.length > 0 && tile.length.is_multiple_of(LIMITS.page));
                let walked = &branches.pages(BranchId(tile.branch)).unwrap()[..(tile.length / LIMITS.page) as usize];
                for &row in &tile.rows {
                    prop_assert_eq!(std::mem::replace(&mut starts[row as usize], tile.length), 0, "a row in two tiles");
                    prop_assert!(branches.pages(rows[row as usize]).unwrap().starts_with(walked));
                    // The row's own position is always left to it.
                    prop_assert!(tile.length <= branches.length(rows[row as usize]).unwrap());
                }
            }
        }

        /// Never less than the best single group.
        #[test]
        fn groups_spare_as_much_as_any_one_group(tree in prop::collection::vec((0usize..8, 0u32..48, 0u32..16), 0..8)) {
            let (branches, ids) = planted(&tree);
            let tiles = branches.prefix_tiles(&ids, 1).unwrap();
            let found: u32 = tiles.iter().map(|tile| (tile.rows.len() as u32 - 1) * tile.length).sum();
            for set in 1u32..1 << ids.len() {
                let group: Vec<_> = (0..ids.len()).filter(|i| set >> i & 1 == 1).map(|i| ids[i]).collect();
                prop_assert!(found >= (group.len() as u32 - 1) * branches.common_prefix(&group).unwrap());
            }
        }
    }

    #[test]
    fn conversations_with_one_system_prompt_are_groups_of_their_own() {
        let mut branches = Branches::new(LIMITS);
        let system = branches.open().unwrap();
        branches.extend(system, 8, Writer::Base).unwrap();
        let mut rows = Vec::new();
        for _ in 0..2 {
            let chat = branches.fork(system, None).unwrap();
            branches.extend(chat, 21, Writer::Base).unwrap();
            rows.extend((0..3).map(|_| branches.fork(chat, None).unwrap()));
        }
        rows.swap(1, 4);
        let tiles = branches.prefix_tiles(&rows, 1).unwrap();
        let found: Vec<_> = tiles.iter().map(|tile| (tile.length, tile.rows.clone())).collect();
        assert_eq!(found, [(28, vec![0, 2, 4]), (28, vec![1, 3, 5])]);
        // The system prompt alone would spare 40 positions, these spare 112.
        assert_eq!(branches.prefix_tiles(&rows, 57).unwrap(), []);
        // Nine rows of one group are two tiles.
        branches.close(system).unwrap();
        let many: Vec<_> = (0..8).map(|_| branches.fork(rows[0], None).unwrap()).chain([rows[0]]).collect();
        let tiles = branches.prefix_tiles(&many, 1).unwrap();
        assert_eq!(tiles.iter().map(|tile| (tile.length, tile.rows.len())).collect::<Vec<_>>(), [(28, 5), (28, 4)]);
    }
}
