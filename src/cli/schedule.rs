//! `raccordo schedule print`: what makes a pipeline run every day, for cron and for systemd.
//!
//! It prints; it installs nothing. Two runs at once are kept apart by the lock of the pipeline, not by the scheduler.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{NaiveTime, Timelike};
use clap::{Args, Subcommand, ValueEnum};

use crate::cli::args::Params;
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{Secrets, open};
use crate::cli::{clock, talk};

/// The commands of `schedule`.
#[derive(Debug, Subcommand)]
pub enum ScheduleCommand {
    /// `raccordo schedule print`.
    #[command(
        about = "Print a line for cron, and a service with its timer for systemd",
        long_about = "Print a line for cron, and a service with its timer for systemd.\n\n\
            Times are those of Europe/Rome, whatever the clock of the machine. Nothing is installed."
    )]
    Print(PrintArgs),
}

/// Arguments of `schedule print`.
#[derive(Debug, Args)]
pub struct PrintArgs {
    /// The pipeline file.
    pub file: PathBuf,
    /// When, in Europe/Rome: `03:30`.
    #[arg(long, value_name = "HH:MM", value_parser = parse_time)]
    pub at: NaiveTime,
    /// Only what this one needs.
    #[arg(long, value_enum)]
    pub format: Option<Scheduler>,
    /// Values for the parameters of every run, such as `giorno=yesterday`.
    #[command(flatten)]
    pub params: Params,
    /// The program, when it is another than this one.
    #[arg(long, value_name = "PATH")]
    pub program: Option<PathBuf>,
    /// The user under whom systemd runs it.
    #[arg(long)]
    pub user: Option<String>,
    /// How long a run waits for another of the same pipeline: `30m`.
    #[arg(long, value_name = "TIME", value_parser = super::run_args::parse_time, default_value = "30m")]
    pub wait: Duration,
}

/// What runs things at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scheduler {
    /// cron.
    Cron,
    /// systemd.
    Systemd,
}

fn parse_time(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text.trim(), "%H:%M").map_err(|_| format!("`{text}` is not a time: write it as `03:30`"))
}

/// Runs the command.
///
/// # Errors
/// The pipeline is wrong, or a path cannot be written in a unit.
pub fn command(command: &ScheduleCommand) -> Result<Exit, Failure> {
    let ScheduleCommand::Print(args) = command;
    let plan = open(&args.file, &args.params, clock::now(), Secrets::NotNeeded)?.without_warnings().ready()?.plan;
    let job = Job::new(args, &plan.name)?;
    if args.at.hour() == 2 {
        talk::line("note: from 02:00 to 02:59 does not exist on one night of March, and comes twice on one of October");
    }
    let mut parts = Vec::new();
    if args.format != Some(Scheduler::Systemd) {
        parts.push(job.cron());
    }
    if args.format != Some(Scheduler::Cron) {
        parts.extend([job.service(), job.timer(), job.install()]);
    }
    talk::data(&parts.join("\n"))?;
    Ok(Exit::Done)
}

/// A pipeline at a time.
struct Job<'a> {
    name: &'a str,
    folder: String,
    words: Vec<String>,
    at: NaiveTime,
    user: Option<&'a str>,
}

impl<'a> Job<'a> {
    fn new(args: &'a PrintArgs, name: &'a str) -> Result<Self, Failure> {
        let here = absolute(Path::new("."))?;
        let program = match &args.program {
            Some(program) => program.clone(),
            None => std::env::current_exe()
                .map_err(|error| Failure::new(Exit::Failed, format!("cannot tell where this program is: {error}")))?,
        };
        let mut words = vec![text(&program)?, "run".to_owned(), text(&args.file)?, "--quiet".to_owned()];
        words.extend(["--wait".to_owned(), format!("{}s", args.wait.as_secs())]);
        for (name, value) in &args.params.given {
            words.extend(["--param".to_owned(), format!("{name}={value}")]);
        }
        Ok(Self { name, folder: text(&here)?, words, at: args.at, user: args.user.as_deref() })
    }

    fn cron(&self) -> String {
        let (hour, minute) = (self.at.hour(), self.at.minute());
        let words: Vec<String> = std::iter::once(&self.folder).chain(&self.words).map(|word| for_shell(word)).collect();
        let (folder, command) = (&words[0], words[1..].join(" "));
        // cron takes a percent sign for the end of the line.
        let line = format!("cd {folder} && {command}").replace('%', "\\%");
        format!(
            "# --- cron: crontab -e ---\n\
             # CRON_TZ is understood by cronie. Where cron does not know it (Debian's), it goes by the clock of the machine: set that to\n\
             # Europe/Rome, or take the timer below.\n\
             CRON_TZ=Europe/Rome\n\
             {minute} {hour} * * * {line}\n"
        )
    }

    fn service(&self) -> String {
        let words: Vec<String> = self.words.iter().map(|word| for_systemd(word)).collect();
        let user = self.user.map_or_else(String::new, |user| format!("User={user}\n"));
        format!(
            "# --- /etc/systemd/system/raccordo-{name}.service ---\n\
             [Unit]\n\
             Description=raccordo: {name}\n\
             Wants=network-online.target\n\
             After=network-online.target\n\
             \n\
             [Service]\n\
             Type=oneshot\n\
             {user}WorkingDirectory={folder}\n\
             ExecStart={command}\n\
             # Exit code 3, a check that says no, leaves the unit failed: `OnFailure=` can call somebody.\n\
             Nice=10\n",
            name = self.name,
            folder = for_systemd_path(&self.folder),
            command = words.join(" "),
        )
    }

    fn timer(&self) -> String {
        format!(
            "# --- /etc/systemd/system/raccordo-{name}.timer ---\n\
             [Unit]\n\
             Description=raccordo: {name}, every day\n\
             \n\
             [Timer]\n\
             OnCalendar=*-*-* {at}:00 Europe/Rome\n\
             # A machine that was off runs it when it comes back.\n\
             Persistent=true\n\
             \n\
             [Install]\n\
             WantedBy=timers.target\n",
            name = self.name,
            at = self.at.format("%H:%M"),
        )
    }

    fn install(&self) -> String {
        format!("# then: systemctl daemon-reload && systemctl enable --now raccordo-{}.timer\n", self.name)
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::fs::canonicalize(path)
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot tell where `{}` is: {error}", path.display())))
}

/// A path as text; one with a line feed fits in no unit.
fn text(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().filter(|text| !text.contains(['\n', '\r']));
    text.map(str::to_owned)
        .ok_or_else(|| Failure::new(Exit::Wrong, format!("`{}` cannot be written in a schedule", path.display())))
}

/// A word of a shell.
fn for_shell(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:,+@".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A word of `ExecStart`: `%` and `$` mean something there, and blanks part words.
fn for_systemd(word: &str) -> String {
    let word = word.replace('\\', "\\\\").replace('%', "%%").replace('$', "$$").replace('"', "\\\"");
    if word.contains(char::is_whitespace) || word.contains(['\'', ';']) || word.is_empty() {
        format!("\"{word}\"")
    } else {
        word
    }
}

/// A path of its own line, where only `%` means something.
fn for_systemd_path(path: &str) -> String {
    path.replace('%', "%%")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(folder: &str, param: &str) -> Job<'static> {
        let words = ["/usr/bin/raccordo", "run", "notte.yaml", "--param", param].map(str::to_owned);
        let at = NaiveTime::from_hms_opt(3, 30, 0).unwrap();
        Job { name: "notte", folder: folder.to_owned(), words: words.to_vec(), at, user: Some("negozio") }
    }

    #[test]
    fn cron_and_systemd_run_the_same_in_the_time_of_rome() {
        let job = job("/srv/shop", "giorno=yesterday");
        let line = "\nCRON_TZ=Europe/Rome\n30 3 * * * cd /srv/shop && /usr/bin/raccordo run notte.yaml --param giorno=yesterday\n";
        assert!(job.cron().ends_with(line), "{}", job.cron());
        assert!(job.timer().contains("\nOnCalendar=*-*-* 03:30:00 Europe/Rome\n"));
        let service = job.service();
        assert!(
            service.contains("\nExecStart=/usr/bin/raccordo run notte.yaml --param giorno=yesterday\n"),
            "{service}"
        );
        assert!(service.contains("\nUser=negozio\nWorkingDirectory=/srv/shop\n"), "{service}");
    }

    #[test]
    fn what_means_something_to_a_scheduler_is_written_so_that_it_does_not() {
        let job = job("/srv/il mio negozio", "sconto=10% $x'");
        let (cron, service) = (job.cron(), job.service());
        assert!(cron.contains("cd '/srv/il mio negozio' && ") && cron.contains("'sconto=10\\% $x'\\'''"), "{cron}");
        assert!(service.contains("\"sconto=10%% $$x'\""), "{service}");
        assert!(service.contains("WorkingDirectory=/srv/il mio negozio\n"), "{service}");
    }

    #[test]
    fn a_time_has_hours_and_minutes() {
        assert!(parse_time("03:30").is_ok() && parse_time("23:59").is_ok());
        for wrong in ["24:00", "3", "03.30", ""] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }
}
