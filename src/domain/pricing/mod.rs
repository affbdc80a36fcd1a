//! Prices per channel: which list wins, fee gross-up, promotions, rounding of the displayed price, floors, claims of
//! reduction.
//!
//! Pure rules. A price is kept as a [`Ratio`] of two whole numbers until the displayed price is rounded, once. The rules
//! are written for one row (`calculation`) and run over whole columns (`columns`), so that nothing is worked out twice
//! and no helper column is made; which column holds what is the `price` step's business.

pub mod calculation;
pub mod cells;
pub mod choice;
pub mod columns;
pub mod currency;
pub mod fee;
pub mod floor;
pub mod grid;
pub mod guard;
pub mod history;
pub mod lists;
pub mod offer;
pub mod offers;
pub mod output;
pub mod rates;
pub mod ratio;
pub mod reader;
pub mod trace;

#[cfg(test)]
mod calculation_tests;

pub use calculation::{Base, Priced, Refusal, Terms};
pub use fee::{Band, Fee, FeeBase};
pub use floor::Floor;
pub use grid::{Direction, Grid};
pub use ratio::Ratio;
