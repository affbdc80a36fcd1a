//! The words of the command line. What they do is in the file of each command.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::cli::exit::{Exit, Failure};

pub use crate::cli::exception_args::ExceptionsCommand;
pub use crate::cli::reject_args::{DoctorArgs, RejectsCommand, RunsArgs};
pub use crate::cli::run_args::{ApplyArgs, PlanArgs, RunArgs, Wishes};
pub use crate::cli::schedule::ScheduleCommand;

/// Declarative data pipelines that keep shop, ERP, marketplaces, couriers, payments and the tax office in agreement.
#[derive(Debug, Parser)]
#[command(name = "raccordo", version, subcommand_required = true, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done; 1 the pipeline or the command line is wrong, nothing ran; 2 the run failed; \
    3 the run ended but a check says no; 70 a bug of raccordo."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands. Their help is given as attributes, because the documentation of their arguments would replace a
/// doc comment.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// `raccordo run`.
    #[command(
        about = "Run a pipeline: extract, transform, load",
        long_about = "Run a pipeline: extract, transform, load.\n\n\
            Progress and the report are said on the standard error. Everything is staged first and put in place only when \
            all loads could be staged."
    )]
    Run(RunArgs),
    /// `raccordo plan`.
    #[command(
        about = "Show what a run would change at each destination, and send nothing",
        long_about = "Show what a run would change at each destination, and send nothing.\n\n\
            For loads with a key: rows created, updated with before and after of each column, deleted, unchanged; guards that \
            would stop the load. With `--output` the plan is kept, and `raccordo apply` does exactly that. Ends with exit code \
            3 when a guard would stop a load."
    )]
    Plan(PlanArgs),
    /// `raccordo apply`.
    #[command(
        about = "Do exactly what a plan says",
        long_about = "Do exactly what a plan says.\n\n\
            Everything is computed again; when inputs, pipeline or state have changed since the plan was made, nothing is sent."
    )]
    Apply(ApplyArgs),
    /// `raccordo check`.
    #[command(
        about = "Check pipelines and contracts without reading any data",
        long_about = "Check pipelines and contracts without reading any data.\n\n\
            All problems of all files are shown, each with its place and what was meant. A file with `columns:` and without \
            `pipeline:` is checked as a contract."
    )]
    Check(CheckArgs),
    /// `raccordo explain`.
    #[command(
        about = "Show the columns at every table and step",
        long_about = "Show the columns at every table and step.\n\n\
            With `--plan`, the optimised plan that Polars will run."
    )]
    Explain(ExplainArgs),
    /// `raccordo preview`.
    #[command(
        about = "Show the first rows of a table",
        long_about = "Show the first rows of a table.\n\n\
            Nothing is loaded. Decimals are exact and no text is cut."
    )]
    Preview(PreviewArgs),
    /// `raccordo graph`.
    #[command(about = "Draw the pipeline as SVG or Mermaid")]
    Graph(GraphArgs),
    /// `raccordo test`.
    #[command(
        about = "Run the `tests:` of pipelines, without touching any source",
        long_about = "Run the `tests:` of pipelines, without touching any source.\n\n\
            Ends with exit code 3 when a test fails."
    )]
    Test(TestArgs),
    /// `raccordo rejects`.
    #[command(subcommand, about = "Look at rejected rows, correct and replay them")]
    Rejects(RejectsCommand),
    /// `raccordo exceptions`.
    #[command(subcommand, about = "Look at what reconciliations found, and decide about it")]
    Exceptions(ExceptionsCommand),
    /// `raccordo runs`.
    #[command(about = "Show the runs of the past: counts, times, receipts, rejects")]
    Runs(RunsArgs),
    /// `raccordo connectors`.
    #[command(about = "List the platforms that can be read and written, or show one of them")]
    Connectors(crate::cli::connectors::ConnectorsArgs),
    /// `raccordo doctor`.
    #[command(about = "Look for what would keep runs from going well: state, locks, disk, clock, secrets")]
    Doctor(DoctorArgs),
    /// `raccordo fatturapa`.
    #[command(
        name = "fatturapa",
        subcommand,
        about = "Check, show and unwrap electronic invoices",
        long_about = "Check, show and unwrap electronic invoices.\n\n\
            Files may be XML or signed (.p7m in any of the usual shapes); folders and ZIP archives are gone through."
    )]
    FatturaPa(FatturaPaCommand),
    /// `raccordo schedule`.
    #[command(subcommand, about = "Print what makes a pipeline run every day: a line for cron, units for systemd")]
    Schedule(ScheduleCommand),
    /// `raccordo init`.
    #[command(about = "Make a new project that runs as it is")]
    Init(InitArgs),
    /// `raccordo schema`.
    #[command(about = "Print the JSON Schema of pipeline or contract files, for editors")]
    Schema(SchemaArgs),
    /// `raccordo generate`.
    #[command(
        about = "Write the generated files of this repository, or check that they are up to date",
        long_about = "Write the generated files of this repository, or check that they are up to date.\n\n\
            These are the JSON Schemas in `schemas/` and the pages in `docs/reference/`."
    )]
    Generate(GenerateArgs),
    /// `raccordo completions`.
    #[command(about = "Print the completion script of a shell")]
    Completions(CompletionsArgs),
}

/// Values for the parameters of a pipeline.
#[derive(Clone, Debug, Default, Args)]
pub struct Params {
    /// Value of a parameter of the pipeline, as in `--param giorno=2026-11-23`; may be repeated.
    #[arg(long = "param", short = 'p', value_name = "NAME=VALUE", value_parser = parse_param)]
    pub given: Vec<(String, String)>,
}

impl Params {
    /// The values by name.
    ///
    /// # Errors
    /// A parameter is given twice.
    pub fn values(&self) -> Result<BTreeMap<String, String>, Failure> {
        let mut values = BTreeMap::new();
        for (name, value) in &self.given {
            if values.insert(name.clone(), value.clone()).is_some() {
                return Err(
                    Failure::new(Exit::Wrong, format!("parameter `{name}` is given twice")).help("keep one of them")
                );
            }
        }
        Ok(values)
    }
}

/// `name=value`; the value may be empty and may contain `=`.
fn parse_param(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected `name=value`, as in `--param giorno=2026-11-23`".to_owned()),
    }
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Pipeline or contract files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Values for its parameters.
    #[command(flatten)]
    pub params: Params,
    /// Print the problems as JSON on the standard output: one object per file.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The pipeline file.
    pub file: PathBuf,
    /// Table or load; all when absent.
    pub node: Option<String>,
    /// Values for its parameters.
    #[command(flatten)]
    pub params: Params,
    /// Show the optimised plan that Polars will run.
    #[arg(long)]
    pub plan: bool,
}

/// Arguments of `preview`.
#[derive(Debug, Args)]
pub struct PreviewArgs {
    /// The pipeline file.
    pub file: PathBuf,
    /// Table, or load to see the rows it gets.
    pub node: String,
    /// How many rows.
    #[arg(long, short = 'n', default_value_t = 20)]
    pub rows: usize,
    /// Values for its parameters.
    #[command(flatten)]
    pub params: Params,
}

/// Arguments of `graph`.
#[derive(Debug, Args)]
pub struct GraphArgs {
    /// The pipeline file.
    pub file: PathBuf,
    /// Write to this file instead of the standard output; its extension says the format: `.svg`, `.mmd`.
    #[arg(long, short)]
    pub output: Option<PathBuf>,
    /// Format of the drawing; by the extension of the output, else SVG.
    #[arg(long, value_enum)]
    pub format: Option<GraphFormat>,
    /// Values for its parameters.
    #[command(flatten)]
    pub params: Params,
}

/// Format of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// A picture for browsers.
    Svg,
    /// Text that Markdown viewers draw.
    Mermaid,
}

/// Arguments of `test`.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Pipeline files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Values for its parameters.
    #[command(flatten)]
    pub params: Params,
}

/// The commands of `fatturapa`.
#[derive(Debug, Subcommand)]
pub enum FatturaPaCommand {
    /// `raccordo fatturapa check`.
    #[command(
        about = "Make the controls of the exchange system (SdI) on invoices",
        long_about = "Make the controls of the exchange system (SdI) on invoices.\n\n\
            The schema and every control that can be decided without the registers of the exchange system, with official \
            code and path of the element. Ends with exit code 3 when a document would be refused."
    )]
    Check(FatturaPaCheckArgs),
    /// `raccordo fatturapa show`.
    #[command(
        about = "Show an invoice or a message of the exchange system (SdI) in plain Italian",
        long_about = "Show an invoice or a message of the exchange system (SdI) in plain Italian.\n\n\
            As text, or with `--output` as an HTML page that can be printed. Every value of the file is shown, attachments \
            by name and size; what the controls find stands on top."
    )]
    Show(FatturaPaShowArgs),
    /// `raccordo fatturapa extract`.
    #[command(
        about = "Take the document out of a signed file (.p7m)",
        long_about = "Take the document out of a signed file (.p7m).\n\n\
            Byte for byte; a file without such an envelope comes out as it is. The signature is not verified."
    )]
    Extract(FatturaPaExtractArgs),
    /// `raccordo fatturapa sign`.
    #[command(
        about = "Sign invoices (CAdES-BES) with a key in a PKCS#12 store",
        long_about = "Sign invoices (CAdES-BES) with a key in a PKCS#12 store.\n\n\
            Invoices to public bodies must be signed. Each file becomes `NAME.p7m` in the output folder; files that are \
            signed already are left as they are."
    )]
    Sign(FatturaPaSignArgs),
    /// `raccordo fatturapa pack`.
    #[command(
        about = "Pack invoices into ZIP archives that a channel accepts",
        long_about = "Pack invoices into ZIP archives that a channel accepts.\n\n\
            Archives are named by the rule of invoice files and closed before they exceed the limit of the channel."
    )]
    Pack(FatturaPaPackArgs),
}

/// Arguments of `fatturapa sign`.
#[derive(Debug, Args)]
pub struct FatturaPaSignArgs {
    /// Files, folders and ZIP archives.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The PKCS#12 store (`.p12`, `.pfx`) with key and certificate.
    #[arg(long, value_name = "FILE")]
    pub pkcs12: PathBuf,
    /// File whose first line is the store's password.
    #[arg(long, value_name = "FILE")]
    pub password_file: PathBuf,
    /// Folder of the signed files.
    #[arg(short, long, value_name = "FOLDER")]
    pub output: PathBuf,
}

/// Arguments of `fatturapa pack`.
#[derive(Debug, Args)]
pub struct FatturaPaPackArgs {
    /// Files, folders and ZIP archives.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Country and identifier with which the archives' names begin, for instance `IT01234567897`.
    #[arg(long, value_name = "SENDER")]
    pub sender: String,
    /// Progressive of the first archive; a name can be used only once, for ever.
    #[arg(long, value_name = "NUMBER")]
    pub first: u64,
    /// The most that an archive may weigh: 5 MB by web service or upload, 30 by certified mail, 150 by SFTP.
    #[arg(long, value_name = "MB", default_value_t = 5)]
    pub limit_mb: usize,
    /// Folder of the archives.
    #[arg(short, long, value_name = "FOLDER")]
    pub output: PathBuf,
}

/// Arguments of `fatturapa check`.
#[derive(Debug, Args)]
pub struct FatturaPaCheckArgs {
    /// Files, folders and ZIP archives.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Day of reception, for the control of the document's date; today in Italy when absent.
    #[arg(long, value_name = "DATE")]
    pub received_at: Option<chrono::NaiveDate>,
    /// How to print the verdicts: for a person, or one JSON object per document and line.
    #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
    pub format: CheckFormat,
    /// Certificates of the authorities that you trust (PEM bundle): signatures are then followed up to one of them.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Also judge the names of the files (00001).
    #[arg(long)]
    pub names: bool,
    /// Print only the documents that would be refused.
    #[arg(long)]
    pub quiet: bool,
}

/// Arguments of `fatturapa show`.
#[derive(Debug, Args)]
pub struct FatturaPaShowArgs {
    /// An invoice or a message, signed or not.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where to write the page in HTML; without it a text is printed.
    #[arg(long, short = 'o', value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `fatturapa extract`.
#[derive(Debug, Args)]
pub struct FatturaPaExtractArgs {
    /// A signed file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where to write the document; without it the document is printed.
    #[arg(long, short = 'o', value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// How verdicts are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// Lines for a person.
    Human,
    /// One JSON object per document and line.
    Json,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder to make.
    pub name: PathBuf,
}

/// Arguments of `schema`.
#[derive(Clone, Copy, Debug, Args)]
pub struct SchemaArgs {
    /// Which files the schema is for.
    #[arg(value_enum, default_value_t = SchemaOf::Pipeline)]
    pub of: SchemaOf,
}

/// Which files a JSON Schema is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// Pipeline files.
    Pipeline,
    /// Data contracts in `schemas/`.
    Contract,
    /// Descriptions of sales channels in `channels/`.
    Channel,
    /// Connectors in `connectors/`.
    Connector,
}

/// Arguments of `generate`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct GenerateArgs {
    /// Name the files that are not up to date, and end with exit code 1 when there are any.
    #[arg(long)]
    pub check: bool,
    /// Write the files.
    #[arg(long)]
    pub write: bool,
}

/// Arguments of `completions`.
#[derive(Clone, Copy, Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn each_command_says_what_it_does() {
        let root = Cli::command();
        for command in root.get_subcommands() {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let long = command.get_long_about().map_or_else(|| about.clone(), ToString::to_string);
            assert!(!about.is_empty() && !about.contains("rguments") && !about.contains("Values"), "{about}");
            assert!(long.starts_with(&about), "{long}");
        }
    }

    #[test]
    fn parameters_are_names_and_values() {
        let Command::Run(args) = parse("raccordo run a.yaml --param a=1 -p b=x=y --param c=").unwrap().command else {
            panic!("not a run")
        };
        let values = args.params.values().unwrap();
        let expected = [("a", "1"), ("b", "x=y"), ("c", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(values, expected.into());
    }

    #[test]
    fn a_parameter_needs_its_equals_sign_and_its_name() {
        for wrong in ["giorno", "=2026-11-23"] {
            let error = parse(&format!("raccordo run a.yaml --param {wrong}")).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ValueValidation, "{wrong}");
            assert!(error.to_string().contains("expected `name=value`"), "{error}");
        }
    }

    #[test]
    fn a_parameter_is_given_once() {
        let Command::Check(args) = parse("raccordo check a.yaml -p a=1 -p a=2").unwrap().command else {
            panic!("not a check")
        };
        assert!(matches!(args.params.values(), Err(Failure::Told { exit: Exit::Wrong, .. })));
    }

    #[test]
    fn wrong_lines_are_refused() {
        let cases = [
            ("raccordo", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
            ("raccordo check", ErrorKind::MissingRequiredArgument),
            ("raccordo preview a.yaml", ErrorKind::MissingRequiredArgument),
            ("raccordo generate", ErrorKind::MissingRequiredArgument),
            ("raccordo generate --check --write", ErrorKind::ArgumentConflict),
            ("raccordo graph a.yaml --format png", ErrorKind::InvalidValue),
            ("raccordo runn a.yaml", ErrorKind::InvalidSubcommand),
        ];
        for (line, kind) in cases {
            assert_eq!(parse(line).unwrap_err().kind(), kind, "{line}");
        }
    }
}
