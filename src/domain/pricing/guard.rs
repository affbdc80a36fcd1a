//! The guard on published prices: a price that moves too far against the last published one is looked at by a person.

use super::ratio::Ratio;

/// A price that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The last published price, in minor units.
    pub last: i128,
    /// The new one.
    pub new: i128,
}

impl Change {
    /// The share by which it moved, up or down, of the last price.
    #[must_use]
    pub fn share(&self) -> Ratio {
        if self.last > 0 { Ratio::new((self.new - self.last).abs(), self.last) } else { Ratio::ZERO }
    }

    /// Whether it moved by more than a share; a first price moves by nothing.
    #[must_use]
    pub fn exceeds(&self, limit: Ratio) -> bool {
        self.share().compare(limit).is_gt()
    }

    /// The change in whole percent with its sign: `+45%`.
    #[must_use]
    pub fn percent(&self) -> String {
        let percent = self.share().times(Ratio::whole(100)).map_or(0, Ratio::half_up);
        format!("{}{percent}%", if self.new < self.last { '-' } else { '+' })
    }
}

/// The changes that go too far, by their positions, the worst first.
#[must_use]
pub fn too_far(changes: impl IntoIterator<Item = (usize, Change)>, limit: Ratio) -> Vec<(usize, Change)> {
    let mut found: Vec<_> = changes.into_iter().filter(|(_, change)| change.exceeds(limit)).collect();
    found.sort_by(|(_, one), (_, other)| other.share().compare(one.share()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_changes_come_first() {
        let change = |last, new| Change { last, new };
        let changes = [change(1000, 1300), change(1000, 1301), change(1000, 500), change(0, 900), change(1000, 699)];
        let found = too_far(changes.into_iter().enumerate(), Ratio::new(30, 100));
        let rows: Vec<_> = found.iter().map(|(row, change)| (*row, change.percent())).collect();
        assert_eq!(rows, [(2, "-50%".to_owned()), (1, "+30%".to_owned()), (4, "-30%".to_owned())]);
    }
}
