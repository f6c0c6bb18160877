//! The one binary.

use std::process::ExitCode;

use papo::cli::{self, Refusal};
use papo::error::{Exit, Failure};
use papo::telemetry;
use papo::text::Texts;

fn main() -> ExitCode {
    telemetry::init();
    let arguments = cli::arguments();
    let lang = cli::language(&arguments, |name| std::env::var(name).ok());
    let parsed = cli::parse(&arguments, &Texts::new(lang));
    let outcome = match parsed {
        Ok(cli) => block_on(cli::run::run(cli, Texts::new(lang))),
        Err(Refusal::Help(help)) => {
            // Help that was asked for goes to stdout, help that was needed to stderr; a closed pipe is nobody's error.
            drop(help.print());
            return ExitCode::from(if help.use_stderr() { Exit::Usage } else { Exit::Done });
        }
        Err(Refusal::Mistake(failure)) => Err(failure),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("papo: {}", Texts::new(lang).say(failure.message()));
            failure.exit().into()
        }
    }
}

fn block_on(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::unexpected)?;
    let outcome = runtime.block_on(command);
    // A thread that still waits for the terminal must not keep the process.
    runtime.shutdown_background();
    outcome
}
