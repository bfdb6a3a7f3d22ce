//! Log files.

use crate::Config;
use crate::diagnostic::Report;

pub(super) fn logfile(config: &Config, report: &mut Report) {
    match config.logging.logfile.as_deref() {
        Some("") => {
            report.error(
                "logfile-empty",
                config.place("logging.logfile"),
                "`logfile` is empty: it must be a path",
            );
        }
        None if config.logging.to_logfile => {
            let place = config.place("logging.to_logfile");
            report.warn(
                "no-logfile",
                place,
                "`to_logfile` has no effect without a `logfile`",
            );
        }
        _ => {}
    }
}
