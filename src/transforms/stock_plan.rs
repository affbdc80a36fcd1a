//! How a checked `stock` step runs: rejects, two aggregations, the join with open orders, the channels' rules.

use polars::prelude::{
    DataType, Expr, IntoLazy, JoinArgs, JoinType, LazyFrame, PlSmallStr, SortMultipleOptions, col, concat_str, len,
    lit, when,
};

use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site};
use crate::domain::stock::pool::{or_zero, total};
use crate::domain::stock::publish::{availability, published, quantity_text, trace_step};
use crate::domain::stock::{Level, Negative, Pool, Rule};
use crate::domain::types::{Schema, Type};
use crate::transforms::StepCx;
use crate::transforms::names::column;
use crate::transforms::reject::{Rule as RejectRule, reject};

/// A checked stock step.
pub struct StockPlan {
    /// Column of the article.
    pub key: String,
    /// Column of the warehouse.
    pub warehouse: String,
    /// Column of the quantity.
    pub on_hand: (String, Type),
    /// Column of the reserved quantity.
    pub reserved: Option<(String, Type)>,
    /// Column of the unsellable quantity.
    pub unavailable: Option<(String, Type)>,
    /// Kept back in each warehouse.
    pub safety: Decimal,
    /// What a warehouse below zero does.
    pub negative: Negative,
    /// Open orders.
    pub unsynced: Option<UnsyncedPlan>,
    /// Decimals of the pools.
    pub pool_decimals: u8,
    /// Decimals of the published quantities.
    pub decimals: u8,
    /// The channels in order.
    pub channels: Vec<ChannelPlan>,
}

/// Open orders: the columns of their table.
pub struct UnsyncedPlan {
    /// Column of the article.
    pub key: String,
    /// Column of the quantity.
    pub quantity: (String, Type),
}

/// One channel.
pub struct ChannelPlan {
    /// Its name.
    pub name: String,
    /// Its warehouses.
    pub pool: Pool,
    /// Its rules in the order in which they apply.
    pub rules: Vec<Rule>,
}

const ROWS: &str = "__stock_rows";
const ON_HAND: &str = "__stock_on_hand";
const RESERVED: &str = "__stock_reserved";
const UNAVAILABLE: &str = "__stock_unavailable";
const UNSYNCED: &str = "__stock_unsynced";
const UNSYNCED_KEY: &str = "__stock_unsynced_key";

impl StockPlan {
    /// The columns that come out.
    ///
    /// # Errors
    /// The name that two columns would have.
    pub fn schema(&self, input: &Schema) -> Result<Schema, String> {
        let mut schema = Schema::new();
        let key = input.get(&self.key).cloned().unwrap_or(Type::Text);
        let number = |decimals| if decimals == 0 { Type::Integer } else { Type::QUANTITY };
        let channels = self.channels.iter().flat_map(|channel| {
            let [pool, quantity, availability, trace] = channel.outputs();
            [
                (pool, number(self.pool_decimals)),
                (quantity, number(self.decimals)),
                (availability, Type::Text),
                (trace, Type::Text),
            ]
        });
        for (name, ty) in std::iter::once((self.key.clone(), key)).chain(channels) {
            if schema.insert(name.clone(), ty).is_some() {
                return Err(name);
            }
        }
        Ok(schema)
    }

    /// Lowers the step; the table of open orders is the second input.
    pub fn lower(&self, mut inputs: Vec<LazyFrame>, step: &StepCx) -> LazyFrame {
        let site = Site::from(step.site.as_str());
        let orders = (inputs.len() > 1).then(|| inputs.swap_remove(1));
        let rows = reject(inputs.swap_remove(0), self.row_rules(), std::slice::from_ref(&self.key), step);
        let levels = self.levels(rows, step, &site);
        let pools = self.pools(levels, &site);
        let pools = match (&self.unsynced, orders) {
            (Some(unsynced), Some(orders)) => pools.join(
                unsynced.totals(orders, &site),
                [col(PlSmallStr::from_str(&self.key))],
                [col(UNSYNCED_KEY)],
                JoinArgs::new(JoinType::Left),
            ),
            _ => pools.with_column(Exact::literal(Decimal::ZERO, &site).expr().alias(UNSYNCED)),
        };
        self.publish(pools, &site)
    }

    fn row_rules(&self) -> Vec<RejectRule> {
        let empty = |column: &str| col(PlSmallStr::from_str(column)).is_null();
        vec![
            RejectRule::new(empty(&self.key), "missing-value", format!("`{}` is empty: stock of no article", self.key))
                .column(&self.key)
                .italian(format!("`{}` è vuoto: giacenza senza articolo", self.key)),
            RejectRule::new(
                empty(&self.warehouse),
                "missing-value",
                format!("`{}` is empty: stock of no warehouse", self.warehouse),
            )
            .column(&self.warehouse)
            .italian(format!("`{}` è vuoto: giacenza senza magazzino", self.warehouse)),
            RejectRule::new(
                empty(&self.on_hand.0),
                "missing-quantity",
                "the quantity is missing, which is not the same as zero",
            )
            .column(&self.on_hand.0)
            .italian("manca la quantità, che non equivale a zero"),
        ]
    }

    /// One row per article and warehouse.
    fn levels(&self, rows: LazyFrame, step: &StepCx, site: &Site) -> LazyFrame {
        let mut quantities = vec![len().alias(ROWS)];
        for (column, name) in [
            (Some(&self.on_hand), ON_HAND),
            (self.reserved.as_ref(), RESERVED),
            (self.unavailable.as_ref(), UNAVAILABLE),
        ] {
            quantities.extend(column.map(|column| total(&quantity(column, site), site).expr().alias(name)));
        }
        let levels = rows.group_by([column(&self.key), column(&self.warehouse)]).agg(quantities);
        let twice = RejectRule::new(
            col(ROWS).gt(lit(1)),
            "duplicate-stock-row",
            "the same article and warehouse come twice: aggregate or dedupe before `stock`, or the goods might count twice",
        );
        let twice = twice
            .column(&self.warehouse)
            .italian("stesso articolo e magazzino ripetuti: la merce conterebbe due volte");
        reject(levels, vec![twice], &[self.key.clone(), self.warehouse.clone()], step)
    }

    /// One row per article with the sum for each channel.
    fn pools(&self, levels: LazyFrame, site: &Site) -> LazyFrame {
        let staged = |name: &str, column: &(String, Type)| Exact::column(name, scale(&column.1), site);
        let level = Level {
            on_hand: staged(ON_HAND, &self.on_hand),
            reserved: self.reserved.as_ref().map(|column| staged(RESERVED, column)),
            unavailable: self.unavailable.as_ref().map(|column| staged(UNAVAILABLE, column)),
        };
        let available = level.available(self.safety, self.negative, site);
        let sums: Vec<Expr> = self
            .channels
            .iter()
            .map(|channel| {
                total(&channel.pool.share(&available, &self.warehouse, site), site).expr().alias(channel.own())
            })
            .collect();
        levels.group_by([column(&self.key)]).agg(sums)
    }

    fn own_scale(&self) -> u8 {
        let columns = [Some(&self.on_hand), self.reserved.as_ref(), self.unavailable.as_ref()];
        columns.into_iter().flatten().map(|column| scale(&column.1)).max().unwrap_or(0).max(self.safety.scale)
    }

    fn publish(&self, mut frame: LazyFrame, site: &Site) -> LazyFrame {
        let ordered = self.unsynced.as_ref().map_or(0, |unsynced| scale(&unsynced.quantity.1));
        let unsynced = or_zero(&Exact::column(UNSYNCED, ordered, site), site);
        let mut outputs = vec![column(&self.key)];
        for channel in &self.channels {
            let own = Exact::column(&channel.own(), self.own_scale(), site);
            let pool = Stage { name: format!("__stock_pool_{}", channel.name), value: own.minus(&unsynced) };
            let mut quantity = pool.add(&mut frame, site);
            let pool = quantity.rescale(self.pool_decimals, Rounding::Floor);
            let mut trace = vec![lit(format!("{} ", channel.pool.label())), quantity_text(&own)];
            trace.push(unsynced_step(&unsynced, &quantity, site));
            for (index, rule) in channel.rules.iter().enumerate() {
                let stage = Stage {
                    name: format!("__stock_rule_{}_{index}", channel.name),
                    value: rule.apply(&quantity, self.decimals, site),
                };
                quantity = stage.add(&mut frame, site);
                trace.push(trace_step(&rule.name(), &quantity));
            }
            let shown = published(&quantity, self.decimals, site);
            let [pool_name, quantity_name, availability_name, trace_name] = channel.outputs();
            outputs.extend([
                number(pool).alias(pool_name),
                number(shown.clone()).alias(quantity_name),
                availability(&shown, site).alias(availability_name),
                concat_str(trace, "", false).alias(trace_name),
            ]);
        }
        frame.select(outputs).sort([self.key.as_str()], SortMultipleOptions::default())
    }
}

impl ChannelPlan {
    fn outputs(&self) -> [String; 4] {
        let name = &self.name;
        [format!("pool_{name}"), format!("{name}_qty"), format!("{name}_availability"), format!("stock_trace_{name}")]
    }

    fn own(&self) -> String {
        format!("__stock_own_{}", self.name)
    }
}

impl UnsyncedPlan {
    fn totals(&self, orders: LazyFrame, site: &Site) -> LazyFrame {
        let key = column(&self.key);
        let sum = total(&quantity(&self.quantity, site), site).expr().alias(UNSYNCED);
        orders.filter(key.clone().is_not_null()).group_by([key.alias(UNSYNCED_KEY)]).agg([sum])
    }
}

/// A helper column.
struct Stage {
    name: String,
    value: Exact,
}

impl Stage {
    fn add(self, frame: &mut LazyFrame, site: &Site) -> Exact {
        let scale = self.value.scale();
        let rest = std::mem::replace(frame, polars::prelude::DataFrame::empty().lazy());
        *frame = rest.with_column(self.value.expr().alias(self.name.as_str()));
        Exact::column(&self.name, scale, site)
    }
}

/// ` > unsynced-3 5`, where there is something unsynced.
fn unsynced_step(unsynced: &Exact, pool: &Exact, site: &Site) -> Expr {
    let none = unsynced.compare(&Exact::literal(Decimal::ZERO, site), std::cmp::Ordering::is_eq);
    let text = concat_str([lit(" > unsynced-"), quantity_text(unsynced), lit(" "), quantity_text(pool)], "", false);
    when(none).then(lit("")).otherwise(text)
}

/// Decimals that a quantity keeps.
const DECIMALS: u8 = 10;

fn scale(ty: &Type) -> u8 {
    match ty {
        Type::Decimal { scale, .. } => (*scale).min(DECIMALS),
        _ => 0,
    }
}

fn quantity((name, ty): &(String, Type), site: &Site) -> Exact {
    match ty {
        Type::Decimal { scale, .. } => Exact::column(name, *scale, site).round(DECIMALS),
        _ => Exact::from_integer(column(name), site),
    }
}

fn number(value: Exact) -> Expr {
    if value.scale() == 0 { value.expr().cast(DataType::Int64) } else { value.expr() }
}
