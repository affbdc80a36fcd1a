//! Availability in the words of each channel.
//!
//! Sources: Google Merchant Center (`availability`), schema.org `ItemAvailability`, Meta catalogue. Meta documents only
//! `in stock` and `out of stock` for feeds; its other words are those of its commerce manager.

use polars::prelude::{Expr, lit, when};

/// What is said of an article on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There is some.
    InStock,
    /// There is little.
    Limited,
    /// None now, and a dated receipt.
    Backorder,
    /// Not released yet.
    Preorder,
    /// None.
    OutOfStock,
    /// It will not come again and leaves the channel.
    Ended,
}

impl State {
    /// All states, in the order of [`Words`].
    pub const ALL: [Self; 6] =
        [Self::InStock, Self::Limited, Self::Backorder, Self::Preorder, Self::OutOfStock, Self::Ended];

    /// The state's key in a pipeline.
    #[must_use]
    pub const fn key(self) -> &'static str {
        ["in_stock", "limited", "backorder", "preorder", "out_of_stock", "ended"][self as usize]
    }
}

/// A channel's word for each state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(pub [String; 6]);

/// Vocabularies by name.
pub const PRESETS: [(&str, [&str; 6]); 3] = [
    ("google", ["in_stock", "in_stock", "backorder", "preorder", "out_of_stock", "removed"]),
    ("meta", ["in stock", "in stock", "available for order", "preorder", "out of stock", "discontinued"]),
    ("schema_org", ["InStock", "LimitedAvailability", "BackOrder", "PreOrder", "OutOfStock", "Discontinued"]),
];

impl Default for Words {
    fn default() -> Self {
        Self(PRESETS[0].1.map(str::to_owned))
    }
}

impl Words {
    /// The vocabulary of a name.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        PRESETS.iter().find(|(known, _)| *known == name).map(|(_, words)| Self(words.map(str::to_owned)))
    }

    /// The word of a state.
    #[must_use]
    pub fn word(&self, state: State) -> &str {
        &self.0[state as usize]
    }

    /// The word of the first state whose condition holds, else of `OutOfStock`. Null conditions do not hold.
    #[must_use]
    pub fn choose(&self, states: Vec<(State, Expr)>) -> Expr {
        let last = lit(self.word(State::OutOfStock).to_owned());
        states
            .into_iter()
            .rev()
            .fold(last, |rest, (state, holds)| when(holds).then(lit(self.word(state).to_owned())).otherwise(rest))
    }
}
