//! Progress of a run on the terminal: one line for the run, one for each source that is read row by row.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::context::run::{Progress, Silent};

const TICK: Duration = Duration::from_millis(120);

/// The lines of a run, or none.
pub struct Bars(Option<Arc<Lines>>);

struct Lines {
    screen: MultiProgress,
    run: ProgressBar,
    by_label: Mutex<BTreeMap<String, ProgressBar>>,
}

impl Bars {
    /// Starts showing; nothing is shown when `quiet`, or when the standard error is no terminal.
    #[must_use]
    pub fn start(pipeline: &str, quiet: bool) -> Self {
        if quiet || !io::stderr().is_terminal() {
            return Self(None);
        }
        let screen = MultiProgress::new();
        let run = screen.add(ProgressBar::new_spinner());
        run.set_style(style("{spinner} {prefix}  {elapsed}"));
        run.set_prefix(pipeline.to_owned());
        run.enable_steady_tick(TICK);
        Self(Some(Arc::new(Lines { screen, run, by_label: Mutex::default() })))
    }

    /// What the engine tells how far it is.
    #[must_use]
    pub fn progress(&self) -> Arc<dyn Progress> {
        match &self.0 {
            Some(lines) => Arc::clone(lines) as Arc<dyn Progress>,
            None => Arc::new(Silent),
        }
    }

    /// Takes all lines off the screen.
    pub fn clear(self) {
        if let Some(lines) = self.0 {
            lines.run.finish_and_clear();
            // What cannot be taken off the screen stays there.
            let _ = lines.screen.clear();
        }
    }
}

impl Lines {
    fn line(&self, label: &str, total: u64) -> ProgressBar {
        let mut by_label = self.by_label.lock().unwrap_or_else(PoisonError::into_inner);
        let line = by_label.entry(label.to_owned()).or_insert_with(|| {
            let line = self.screen.add(ProgressBar::no_length());
            line.set_style(style("  {prefix}  {human_pos} rows"));
            line.set_prefix(label.to_owned());
            line
        });
        if total > 0 && line.length() != Some(total) {
            line.set_style(style("  {prefix}  {bar:30} {human_pos} of {human_len} rows"));
            line.set_length(total);
        }
        line.clone()
    }
}

impl Progress for Lines {
    fn advance(&self, label: &str, done: u64, total: u64) {
        self.line(label, total).set_position(done);
    }
}

/// The templates are constants; one that is wrong falls back to the usual look.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::ProgressDrawTarget;

    #[test]
    fn the_templates_are_right() {
        for template in ["{spinner} {prefix}  {elapsed}", "  {prefix}  {bar:30} {human_pos} of {human_len} rows"] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn each_label_has_one_line_that_moves() {
        let screen = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        let lines = Lines { screen, run: ProgressBar::hidden(), by_label: Mutex::default() };
        lines.advance("giacenze", 10, 0);
        lines.advance("giacenze", 20, 40);
        lines.advance("ordini", 1, 0);
        let by_label = lines.by_label.lock().unwrap();
        assert_eq!(by_label.len(), 2);
        assert_eq!((by_label["giacenze"].position(), by_label["giacenze"].length()), (20, Some(40)));
        assert_eq!((by_label["ordini"].position(), by_label["ordini"].length()), (1, None));
    }
}
