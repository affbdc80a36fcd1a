//! Prices per channel: fee gross-up, rounding of the displayed price, floors.
//!
//! Pure rules over exact columns; which column holds what is the `price` step's business. A price is kept as a
//! [`Ratio`] of two exact numbers until the displayed price is rounded, once. Claims of reduction (Omnibus), promotions,
//! tiers and the choice among lists are not here.

pub mod calculation;
pub mod fee;
pub mod floor;
pub mod grid;
pub mod ratio;

#[cfg(test)]
mod calculation_tests;

pub use calculation::{Anchor, Calculation, Inputs};
pub use fee::{Fee, FeeBase};
pub use floor::Floor;
pub use grid::{Direction, Grid};
pub use ratio::Ratio;
