//! Agreement between systems: the catalogue of exceptions, their age, and what could belong together.
//!
//! Pure rules. Matching itself is the step `reconcile`, which lowers to joins.

pub mod ageing;
pub mod catalogue;
pub mod chains;
pub mod memory;
pub mod propose;
