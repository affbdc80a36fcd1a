//! Stock per channel: what a warehouse can promise, the pool of a channel, what is published of it.
//!
//! Pure rules over exact columns; which column holds what is the `stock` step's business. Kits, suppliers' stock, stock
//! held by a marketplace and dated receipts are not here.

pub mod pool;
pub mod publish;

pub use pool::{Level, Negative, Pool};
pub use publish::Rule;
