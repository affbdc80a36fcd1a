//! Kits: how many can be assembled of the pools of their components, and what orders for kits take of those.

use polars::prelude::{
    Expr, JoinArgs, JoinType, LazyFrame, PolarsResult, SortMultipleOptions, UnionArgs, concat, len, when,
};

use crate::domain::money::exact::{Rounding, Site};
use crate::domain::stock::level::kits_of;
use crate::domain::stock::quantity::{LIMIT, at_least_zero, or_zero, piece, smaller, units};
use crate::expr::Typed;
use crate::transforms::StepCx;
use crate::transforms::names::column;
use crate::transforms::stock::inputs::once;
use crate::transforms::stock::plan::KEY;
use crate::transforms::stock::pools::{UNSYNCED, refuse_absurd};
use crate::transforms::stock::tables::{KitMode, Sharing};
use crate::transforms::stock::value::quantity;

/// The checked recipes.
pub struct KitsPlan {
    /// Column of the kit.
    pub kit: String,
    /// Column of the component.
    pub component: String,
    /// Needed for one kit.
    pub needed: Typed,
    /// What another system says is available of the component.
    pub available: Option<Typed>,
    /// What a kit is made of.
    pub mode: KitMode,
    /// How articles share a component.
    pub sharing: Sharing,
}

const COMPONENT: &str = "__stock_component";
const NEEDED: &str = "__stock_needed";
const GIVEN: &str = "__stock_given";
const REST: &str = "__stock_rest";
/// How many kits need the article.
pub const CLAIMS: &str = "__stock_claims";
/// Whether a component of the kit is missing.
pub const BROKEN: &str = "__stock_broken";
/// What all warehouses have of a kit that is packed beforehand.
pub const PACKED: &str = "__stock_packed";

/// How many kits a channel can have assembled.
#[must_use]
pub fn kits(index: usize) -> String {
    format!("__stock_kits_{index}")
}

/// The component that allows the fewest.
#[must_use]
pub fn scarcest(index: usize) -> String {
    format!("__stock_scarcest_{index}")
}

/// What a channel may give of an article to each kit that needs it.
#[must_use]
pub fn part(index: usize) -> String {
    format!("__stock_part_{index}")
}

impl KitsPlan {
    /// The recipes under names of our own, each line once.
    pub fn recipes(&self, frame: LazyFrame, scale: u8, step: &StepCx) -> LazyFrame {
        let site = Site::from(step.site.as_str());
        let needed = quantity(&self.needed, scale, Rounding::Ceil, &site);
        let frame = refuse_absurd(frame, &needed, &self.kit, scale, step);
        let mut columns =
            vec![column(&self.kit).alias(KEY), column(&self.component).alias(COMPONENT), needed.alias(NEEDED)];
        if let Some(available) = &self.available {
            columns.push(
                quantity(available, scale, Rounding::Floor, &site)
                    .clip(units(-LIMIT), units(LIMIT * piece(scale)))
                    .alias(GIVEN),
            );
        }
        let rows = frame.filter(column(&self.kit).is_not_null()).select(columns);
        // A component that stands in two lines of one recipe is needed twice.
        let mut values = vec![
            when(column(NEEDED).gt(units(0)).fill_null(polars::prelude::lit(false)).all(true))
                .then(column(NEEDED).sum())
                .otherwise(units(0))
                .alias(NEEDED),
        ];
        if self.available.is_some() {
            values.push(column(GIVEN).min());
        }
        rows.group_by([column(KEY), column(COMPONENT)]).agg(values)
    }

    /// The components, once each.
    #[must_use]
    pub fn components(recipes: &LazyFrame) -> LazyFrame {
        let components = recipes.clone().select([column(COMPONENT).alias(KEY)]);
        once(components.filter(column(KEY).is_not_null()), &[KEY.to_owned()])
    }

    /// Whether kits are assembled of what this step knows of their components.
    #[must_use]
    pub fn draws_on_pools(&self) -> bool {
        self.available.is_none() && self.mode != KitMode::Prepacked
    }

    /// Open orders after those for kits were turned into orders for their components. `packed` has what is packed of a
    /// kit, in [`PACKED`], where packed kits count.
    ///
    /// # Errors
    /// The tables do not go together, which the check has excluded.
    pub fn spread_orders(
        &self,
        unsynced: LazyFrame,
        recipes: &LazyFrame,
        packed: LazyFrame,
        scale: u8,
    ) -> PolarsResult<LazyFrame> {
        let unsynced = unsynced.cache();
        let on = || ([column(KEY)], [column(KEY)]);
        let join = |left: LazyFrame, right: LazyFrame, how| {
            let (here, there) = on();
            left.join(right, here, there, JoinArgs::new(how))
        };
        let kits = once(recipes.clone().select([column(KEY)]), &[KEY.to_owned()]);
        let plain = join(unsynced.clone(), kits.clone(), JoinType::Anti);
        let mut ordered = join(unsynced, kits, JoinType::Semi);
        let rest = if self.mode == KitMode::Both {
            ordered = join(ordered, packed, JoinType::Left);
            column(UNSYNCED) - smaller(&column(UNSYNCED), &at_least_zero(&or_zero(&column(PACKED))))
        } else {
            column(UNSYNCED)
        };
        let ordered = ordered.with_column(rest.alias(REST)).cache();
        let kept = ordered.clone().select([column(KEY), (column(UNSYNCED) - column(REST)).alias(UNSYNCED)]);
        let taken = column(REST).floor_div(units(piece(scale))) * column(NEEDED);
        let taken = join(ordered, recipes.clone(), JoinType::Inner)
            .select([column(COMPONENT).alias(KEY), taken.alias(UNSYNCED)]);
        let all = concat([plain, kept, taken], UnionArgs::default())?;
        Ok(all.group_by([column(KEY)]).agg([column(UNSYNCED).sum()]))
    }

    /// Adds what each kit that needs the article may take of its pool, and how many kits there are.
    #[must_use]
    pub fn claims(&self, recipes: &LazyFrame) -> Option<LazyFrame> {
        if self.sharing == Sharing::Full || !self.draws_on_pools() {
            return None;
        }
        let claims = recipes.clone().group_by([column(COMPONENT).alias(KEY)]);
        Some(claims.agg([len().cast(polars::prelude::DataType::Int64).alias(CLAIMS)]))
    }

    /// One row per kit with how many each channel can have. `parts` names, for each channel, the column of `articles`
    /// that holds what kits may take.
    pub fn assemble(
        &self,
        recipes: LazyFrame,
        articles: LazyFrame,
        parts: &[String],
        scale: u8,
        names_scarcest: bool,
    ) -> LazyFrame {
        let piece = piece(scale);
        let lines = if self.available.is_some() {
            recipes
        } else {
            let mut columns = vec![column(KEY).alias(COMPONENT)];
            columns.extend(parts.iter().map(|name| column(name)));
            let on = [column(COMPONENT)];
            recipes.join(articles.select(columns), on.clone(), on, JoinArgs::new(JoinType::Left))
        };
        let available = |index: usize| if self.available.is_some() { column(GIVEN) } else { column(&parts[index]) };
        let mut counted: Vec<Expr> = (0..parts.len())
            .map(|index| kits_of(&available(index), &column(NEEDED), piece).alias(kits(index)))
            .collect();
        let mut broken = column(NEEDED).lt_eq(units(0));
        if !parts.is_empty() {
            broken = broken.or(available(0).is_null());
        }
        counted.push(broken.alias(BROKEN));
        let lines = lines.with_columns(counted);
        let mut values = vec![column(BROKEN).any(true)];
        for index in 0..parts.len() {
            values.push(column(&kits(index)).min());
            if names_scarcest {
                let order = SortMultipleOptions::default();
                let first = column(COMPONENT).sort_by([column(&kits(index)), column(COMPONENT)], order).first();
                values.push(first.alias(scarcest(index)));
            }
        }
        lines.group_by([column(KEY)]).agg(values)
    }
}
