//! Which other tables a `stock` step reads, in which order they arrive, and how each becomes one row per article.

use std::collections::BTreeMap;

use polars::prelude::{Expr, LazyFrame, UniqueKeepStrategy};

use crate::diag::Text;
use crate::domain::stock::quantity::or_zero;
use crate::transforms::names::{column, selector};
use crate::transforms::shape::Shape;
use crate::transforms::stock::Stock;
use crate::transforms::stock::tables::{Articles, Fba, Incoming, Kits, Rules, Unsynced};

/// What a table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The catalogue.
    Articles,
    /// Open orders.
    Unsynced,
    /// Orders the stock's source has imported.
    Imported,
    /// Suppliers' goods.
    Suppliers,
    /// The marketplace's own stock.
    Fba,
    /// Recipes of kits.
    Kits,
    /// Expected receipts.
    Incoming,
    /// What was published before.
    Last,
    /// Rules of the channels.
    Rules,
}

/// The tables that are read, in the order in which `lower` gets them after the step's own rows.
#[must_use]
pub fn tables(stock: &Stock) -> Vec<(Role, &Text)> {
    fn named<'t, O>(table: Option<&'t Shape<O>>, of: fn(&'t O) -> &'t Text) -> Option<&'t Text> {
        match table? {
            Shape::Word(name) => Some(name),
            Shape::Map(options) => Some(of(options)),
            Shape::List(_) => None,
        }
    }
    let imported = match &stock.unsynced {
        Some(Shape::Map(options)) => options.imported_in.as_ref().map(|imported| &imported.table),
        _ => None,
    };
    let all = [
        (Role::Articles, named(stock.articles.as_ref(), |table: &Articles| &table.table)),
        (Role::Unsynced, named(stock.unsynced.as_ref(), |table: &Unsynced| &table.table)),
        (Role::Imported, imported),
        (Role::Suppliers, stock.suppliers.as_ref().and_then(|table| table.table.as_ref())),
        (Role::Fba, named(stock.fba.as_ref(), |table: &Fba| &table.table)),
        (Role::Kits, named(stock.kits.as_ref(), |table: &Kits| &table.table)),
        (Role::Incoming, named(stock.incoming.as_ref(), |table: &Incoming| &table.table)),
        (Role::Last, stock.last.as_ref().map(|table| &table.table)),
        (Role::Rules, named(stock.rules.as_ref(), |table: &Rules| &table.table)),
    ];
    all.into_iter().filter_map(|(role, table)| Some((role, table?))).collect()
}

/// The frames of a step by what they are for.
pub struct Inputs(BTreeMap<Role, LazyFrame>);

impl Inputs {
    /// Sorts the frames that `lower` got; the first one is the step's own and is given back.
    #[must_use]
    pub fn new(roles: &[Role], mut frames: Vec<LazyFrame>) -> (LazyFrame, Self) {
        let others = frames.split_off(1);
        // Few rows that are read twice, for the warehouses and for the numbers: kept, or their table would be counted twice.
        let kept = |(role, frame): (Role, LazyFrame)| (role, if role == Role::Rules { frame.cache() } else { frame });
        (frames.swap_remove(0), Self(roles.iter().copied().zip(others).map(kept).collect()))
    }

    /// The table of a role.
    #[must_use]
    pub fn get(&self, role: Role) -> Option<LazyFrame> {
        self.0.get(&role).cloned()
    }
}

/// One row per key with the sum of a quantity, both under new names; rows without key do not count.
#[must_use]
pub fn totals(frame: LazyFrame, key: &str, quantity: Expr, names: [&str; 2]) -> LazyFrame {
    let [key_name, sum_name] = names;
    let rows = frame
        .filter(column(key).is_not_null())
        .select([column(key).alias(key_name), or_zero(&quantity).alias(sum_name)]);
    rows.group_by([column(key_name)]).agg([column(sum_name).sum()])
}

/// The rows that are different in these columns, once each.
#[must_use]
pub fn once(frame: LazyFrame, columns: &[String]) -> LazyFrame {
    frame.unique(Some(selector(columns)), UniqueKeepStrategy::Any)
}
