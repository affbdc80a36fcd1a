//! Two columns side by side: a side of one value is repeated, as Polars gives constants.

/// Applies `op` to the values of both sides; null where either is null or `op` gives nothing.
pub fn pairwise<A: Copy, B: Copy, O, C: FromIterator<Option<O>>>(
    mut left: impl ExactSizeIterator<Item = Option<A>>,
    mut right: impl ExactSizeIterator<Item = Option<B>>,
    mut op: impl FnMut(A, B) -> Option<O>,
) -> C {
    match (left.len(), right.len()) {
        (rows, 1) if rows != 1 => {
            let only = right.next().flatten();
            left.map(|value| op(value?, only?)).collect()
        }
        (1, rows) if rows != 1 => {
            let only = left.next().flatten();
            right.map(|value| op(only?, value?)).collect()
        }
        _ => left.zip(right).map(|(left, right)| op(left?, right?)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_repeated_on_either_side() {
        let sum = |left: Vec<Option<i64>>, right: Vec<Option<i64>>| -> Vec<Option<i64>> {
            pairwise(left.into_iter(), right.into_iter(), i64::checked_add)
        };
        assert_eq!(sum(vec![Some(1), None, Some(3)], vec![Some(10)]), [Some(11), None, Some(13)]);
        assert_eq!(sum(vec![Some(10)], vec![Some(1), None]), [Some(11), None]);
        assert_eq!(sum(vec![Some(1), Some(2)], vec![Some(10), Some(20)]), [Some(11), Some(22)]);
        assert_eq!(sum(vec![Some(1), Some(2)], vec![None]), [None, None]);
        assert_eq!(sum(vec![Some(i64::MAX)], vec![Some(1)]), [None]);
        assert!(sum(vec![], vec![Some(1)]).is_empty());
    }
}
