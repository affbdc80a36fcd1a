//! How old an open item is, counted from the business event and not from its detection.

/// Upper ends of the buckets, in days, with their names.
const BUCKETS: [(i64, &str); 6] = [(1, "0-1"), (3, "2-3"), (7, "4-7"), (14, "8-14"), (30, "15-30"), (60, "31-60")];

/// The bucket of an age in days: `0-1`, `2-3`, `4-7`, `8-14`, `15-30`, `31-60`, `>60`. What lies in the future is new.
#[must_use]
pub fn bucket(days: i64) -> &'static str {
    BUCKETS.iter().find(|(last, _)| days <= *last).map_or(">60", |(_, name)| name)
}

/// The buckets with their upper ends; the last one has none.
#[must_use]
pub fn buckets() -> impl Iterator<Item = (Option<i64>, &'static str)> {
    BUCKETS.iter().map(|(last, name)| (Some(*last), *name)).chain([(None, ">60")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_of_the_buckets() {
        let cases = [(-1, "0-1"), (0, "0-1"), (1, "0-1"), (2, "2-3"), (3, "2-3"), (4, "4-7"), (7, "4-7"), (8, "8-14")];
        let more =
            [(14, "8-14"), (15, "15-30"), (30, "15-30"), (31, "31-60"), (60, "31-60"), (61, ">60"), (9999, ">60")];
        for (days, name) in cases.into_iter().chain(more) {
            assert_eq!(bucket(days), name, "{days}");
        }
    }
}
