//! Ends what a killed run began, before anything new is compared.

use std::collections::BTreeMap;

use crate::context::{NodeError, RunCx};
use crate::diag::Code;
use crate::engine::deliver::commit::Desk;
use crate::engine::deliver::ledger::{self, LedgerFiles};
use crate::engine::deliver::preview::digest;
use crate::loads::delivery::changes::scan;
use crate::loads::delivery::dispatch::state_failed;
use crate::plan::{Plan, Target, Way};
use crate::state::{OpenDelivery, State};

/// What came of the deliveries of killed runs.
#[derive(Debug, Default)]
pub struct Recovered {
    /// What was done, in words.
    pub notes: Vec<String>,
    /// Digests of deliveries without a key that have arrived whole, by load: the same rows are not sent again.
    pub arrived: BTreeMap<String, String>,
}

/// Ends all open deliveries of a pipeline.
///
/// # Errors
/// A destination cannot be asked.
pub fn recover(plan: &Plan, run: &RunCx, state: &State) -> Result<Recovered, NodeError> {
    let open = state.open_deliveries(&plan.name).map_err(|error| state_failed(&error))?;
    let mut recovered = Recovered::default();
    for delivery in open {
        let target = plan.loads.iter().find(|target| target.name == delivery.load);
        let note = if let Some(target) = target {
            one(plan, target, delivery, run, state, &mut recovered)?
        } else {
            state.close_delivery(Some(delivery.id), None).map_err(|error| state_failed(&error))?;
            format!("run `{}` did not end, and its load `{}` is no longer there", delivery.run, delivery.load)
        };
        recovered.notes.push(note);
    }
    Ok(recovered)
}

fn one(
    plan: &Plan,
    target: &Target,
    delivery: OpenDelivery,
    run: &RunCx,
    state: &State,
    recovered: &mut Recovered,
) -> Result<String, NodeError> {
    let (run_name, load) = (delivery.run.clone(), &target.name);
    let (Some(keyed), Way::Rows(destination)) = (&target.keyed, &target.way) else {
        // A whole is put in place in one step, and this run puts it there again.
        state.close_delivery(Some(delivery.id), None).map_err(|error| state_failed(&error))?;
        return Ok(format!("run `{run_name}` did not end: load `{load}` is written again"));
    };
    let ledger = state.ledger(&plan.name, load).map_err(|error| state_failed(&error))?;
    let files = LedgerFiles::open(&ledger::folder(&run.project, &plan.name), ledger.as_ref())?;
    let desk = Desk { pipeline: &plan.name, load, keyed, run, state };
    let mut dispatch = desk.dispatch(delivery, ledger.as_ref());
    let schema = scan(&dispatch.file)?.collect_schema()?;
    if let Some(column) = keyed.columns.iter().find(|column| !schema.contains(&column.name)) {
        let message = format!(
            "run `{run_name}` did not end: changes of load `{load}` have no answer yet, and they have no column `{}`",
            column.name
        );
        return Err(NodeError::new(Code::RunFailed, message)
            .help("run once with the pipeline as it was, so that they are sent again; then change the columns"));
    }
    dispatch.settles = true;
    destination.settle(&mut dispatch)?;
    dispatch.flush()?;
    if keyed.key.is_empty() && dispatch.all_taken {
        recovered.arrived.insert(load.clone(), digest(&dispatch.file)?);
    }
    let counts = desk.close(&dispatch, ledger.as_ref(), &files, None)?;
    let (created, updated, deleted) = (counts.created, counts.updated, counts.deleted);
    Ok(format!(
        "run `{run_name}` did not end: of load `{load}`, {created} created, {updated} updated and {deleted} deleted rows \
         are known to have arrived"
    ))
}
