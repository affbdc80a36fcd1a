//! How far a delivery came that did not end well.

use std::fmt;

use serde::Serialize;

/// Changes of a load that was stopped in the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HowFar {
    /// Changes that the destination has taken.
    pub arrived: u64,
    /// Changes that were sent, and whose answer is not known.
    pub unanswered: u64,
    /// All changes of the delivery.
    pub changes: u64,
}

/// For a person: what arrived, what did not, what the next run does.
impl fmt::Display for HowFar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.arrived == 0 && self.unanswered == 0 {
            return write!(f, "none of {} changes has arrived; the next run sends them", self.changes);
        }
        write!(f, "{} of {} changes have arrived and are noted", self.arrived, self.changes)?;
        match self.unanswered {
            0 => f.write_str("; the next run goes on with the rest"),
            open => {
                write!(f, ", {open} have no answer yet; the next run settles these first and goes on with the rest")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_arrived_and_what_comes_next() {
        for ((arrived, unanswered), expected) in [
            ((0, 0), "none of 9 changes has arrived; the next run sends them"),
            ((4, 0), "4 of 9 changes have arrived and are noted; the next run goes on with the rest"),
            (
                (4, 2),
                "4 of 9 changes have arrived and are noted, 2 have no answer yet; the next run settles these first and goes on \
                 with the rest",
            ),
        ] {
            assert_eq!(HowFar { arrived, unanswered, changes: 9 }.to_string(), expected);
        }
    }
}
