//! The order in which tables can be computed; cycles are found here.

use std::collections::BTreeMap;

/// Sorts names so that each comes after what it reads.
///
/// # Errors
/// The names of a cycle, in its order.
pub fn sort(inputs: &BTreeMap<&str, Vec<&str>>) -> Result<Vec<String>, Vec<String>> {
    let mut state = BTreeMap::new();
    let mut order = Vec::new();
    let mut path = Vec::new();
    for name in inputs.keys() {
        visit(name, inputs, &mut state, &mut order, &mut path)?;
    }
    Ok(order)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Done,
}

fn visit<'a>(
    name: &'a str,
    inputs: &BTreeMap<&'a str, Vec<&'a str>>,
    state: &mut BTreeMap<&'a str, State>,
    order: &mut Vec<String>,
    path: &mut Vec<&'a str>,
) -> Result<(), Vec<String>> {
    match state.get(name) {
        Some(State::Done) => return Ok(()),
        Some(State::Open) => {
            let start = path.iter().position(|open| *open == name).unwrap_or(0);
            return Err(path[start..].iter().map(|name| (*name).to_owned()).collect());
        }
        None => {}
    }
    state.insert(name, State::Open);
    path.push(name);
    for input in inputs.get(name).into_iter().flatten() {
        if inputs.contains_key(input) {
            visit(input, inputs, state, order, path)?;
        }
    }
    path.pop();
    state.insert(name, State::Done);
    order.push(name.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_comes_first() {
        let inputs = BTreeMap::from([("c", vec!["b", "a"]), ("b", vec!["a"]), ("a", vec![])]);
        assert_eq!(sort(&inputs).unwrap(), ["a", "b", "c"]);
    }

    #[test]
    fn a_cycle_is_named_in_its_order() {
        let inputs = BTreeMap::from([("a", vec!["b"]), ("b", vec!["c"]), ("c", vec!["b"])]);
        assert_eq!(sort(&inputs).unwrap_err(), ["b", "c"]);
    }
}
