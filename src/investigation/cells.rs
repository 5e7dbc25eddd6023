//! The cells of a lane: one a bucket, but only those that hold something take room. Old logs of one folder may lie
//! years apart.

use std::collections::BTreeMap;

use super::board::Cell;

/// The cells of a lane, by place.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    len: usize,
    filled: BTreeMap<usize, Cell>,
}

static EMPTY: Cell = Cell::EMPTY;

impl Cells {
    /// So many cells, all empty.
    pub fn new(len: usize) -> Self {
        Self { len, filled: BTreeMap::new() }
    }

    /// The cell at a place; `None` beyond the last.
    pub fn get(&self, place: usize) -> Option<&Cell> {
        (place < self.len).then(|| self.filled.get(&place).unwrap_or(&EMPTY))
    }

    /// The cell at a place, to be filled; `None` beyond the last.
    pub fn get_mut(&mut self, place: usize) -> Option<&mut Cell> {
        (place < self.len).then(|| self.filled.entry(place).or_default())
    }

    /// The last cell.
    pub fn last(&self) -> Option<&Cell> {
        self.get(self.len.checked_sub(1)?)
    }

    /// The cells that hold something, with their places, in order.
    pub fn filled(&self) -> impl DoubleEndedIterator<Item = (usize, &Cell)> {
        self.filled.iter().map(|(place, cell)| (*place, cell))
    }

    /// The cells that hold something from a place on, to be changed.
    pub fn from_mut(&mut self, first: usize) -> impl Iterator<Item = &mut Cell> {
        self.filled.range_mut(first..).map(|(_, cell)| cell)
    }

    /// The cells that hold something, with their places, to be changed.
    pub fn filled_mut(&mut self) -> impl Iterator<Item = (usize, &mut Cell)> {
        self.filled.iter_mut().map(|(place, cell)| (*place, cell))
    }

    /// At most the last `count` cells, empty ones too, in order.
    pub fn tail(&self, count: usize) -> impl Iterator<Item = &Cell> {
        (self.len.saturating_sub(count)..self.len).filter_map(|place| self.get(place))
    }

    /// The most sources in one bucket.
    pub fn peak(&self) -> u32 {
        self.filled.values().map(|cell| cell.count).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_cells_are_there_and_take_no_room() {
        let mut cells = Cells::new(1_000_000);
        cells.get_mut(7).expect("a cell").count = 3;
        cells.get_mut(999_999).expect("a cell").count = 2;
        assert!(cells.get_mut(1_000_000).is_none() && cells.get(1_000_000).is_none());
        assert_eq!(cells.tail(3).map(|cell| cell.count).collect::<Vec<_>>(), [0, 0, 2]);
        assert_eq!(cells.filled().map(|(place, cell)| (place, cell.count)).collect::<Vec<_>>(), [(7, 3), (999_999, 2)]);
        assert_eq!((cells.peak(), cells.last().map(|cell| cell.count), cells.get(8).map(|cell| cell.count)), (3, Some(2), Some(0)));
    }
}
