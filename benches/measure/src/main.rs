//! The program beside what people would use instead, measured in turn in one run on the same fakes. `benches` builds
//! both and runs this.
//!
//! ```text
//! cargo run --release -p benches -- all                        every row but `small`, as a table
//! cargo run --release -p benches -- start relay --json         some rows, for machines
//! cargo run --release -p benches -- all small --markdown docs/performance.md --summary README.md --svg benches
//! ```
//! Rivals: `rivals/waiter.py` (the way of the predecessor) and `native` (hyper and rustls without a sandbox, in this
//! binary). No goal fails the run: whether one is met stands in the table. What can't be measured does.

mod failed;
mod lab;
mod line;
mod native;
mod picture;
mod process;
mod programs;
mod report;
mod rows;
mod sessions;
mod stats;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};

use failed::Failed;
use programs::Programs;
use rows::{Row, Size};

/// Measures libtv-video beside its rivals.
#[derive(Debug, Parser)]
#[command(name = "benches", about, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    inner: Option<Inner>,
    /// Rows; `all` stands for every one but `small`
    #[arg(value_enum, required = true)]
    rows: Vec<Row>,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Few and small runs: shows that everything works, and no figure that means anything
    #[arg(long)]
    tiny: bool,
    /// A built libtv-video, instead of building it
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Puts the table between the markers of a Markdown file
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// The same with the four rows that a newcomer asks for first
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Draws benches-light.svg and benches-dark.svg into a folder
    #[arg(long, value_name = "FOLDER")]
    svg: Option<PathBuf>,
}

/// What the rows start this binary for.
#[derive(Debug, Subcommand)]
enum Inner {
    /// The native rival
    #[command(subcommand, hide = true)]
    Native(native::Native),
    /// Runs a program and prints what it used, as JSON
    #[command(hide = true)]
    RunMeasured {
        /// The program and its arguments
        #[arg(last = true, required = true)]
        program: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.inner {
        Some(Inner::Native(what)) => native::main(what),
        Some(Inner::RunMeasured { program }) => process::run_measured(&program),
        None => measure(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("❌ {failed}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Result<(), Failed> {
    let program = arguments.program.as_deref().ok_or_else(|| {
        Failed::new("no --program: `cargo run --release -p benches` builds it and names it")
    })?;
    let programs = Programs::found(program)?;
    let size = if arguments.tiny {
        Size::Tiny
    } else {
        Size::Full
    };
    let rows = Row::selected(&arguments.rows);
    let mut lines = Vec::new();
    for row in rows {
        eprint!("{} … ", row.name());
        let begun = Instant::now();
        let measured = row
            .measure(&programs, size)
            .map_err(|failed| failed.during(row.name()))?;
        eprintln!("{:.0} s", begun.elapsed().as_secs_f64());
        lines.extend(measured);
    }
    let report = report::Report::of(lines);
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", report.text());
    }
    if let Some(path) = &arguments.markdown {
        report.put_into(path, &report.markdown(path, arguments.svg.as_deref()))?;
    }
    if let Some(path) = &arguments.summary {
        report.put_into(path, &report.summary())?;
    }
    if let Some(folder) = &arguments.svg {
        picture::draw(&report, folder)?;
    }
    Ok(())
}
