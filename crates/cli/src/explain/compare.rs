//! Several versions beside one another.

use std::io::{self, Write};

use ringwright_sims::explain::{Account, Fault};

use super::Explained;
use super::show::{HEADING, asked, share};

/// One row a class of fault, one column a version.
pub(super) fn answers(out: &mut dyn Write, explained: &[Explained]) -> io::Result<()> {
    let Some(first) = explained.first() else {
        return Ok(());
    };
    writeln!(out, "{HEADING}{}{HEADING:#}", asked(first))?;
    writeln!(
        out,
        "{} nodes, {} schedules of each class of fault; in brackets: two sides quorate at once\n",
        first.nodes.0.len(),
        first.question.seeds
    )?;
    write!(out, "{HEADING}  {:<20}", "")?;
    for one in explained {
        write!(out, "{:>15}", one.question.vintage)?;
    }
    writeln!(out, "{HEADING:#}")?;
    let mut faults: Vec<&'static Fault> = ringwright_sims::explain::all().collect();
    faults.retain(|fault| explained.iter().any(|one| account(one, fault).is_some()));
    for fault in faults {
        write!(out, "  {} {:<18}", fault.cause.letter(), fault.name)?;
        for one in explained {
            write!(out, "{:>15}", cell(account(one, fault)))?;
        }
        writeln!(out)?;
    }
    writeln!(out)?;
    for one in explained {
        let remedied = &one.answer.remedied;
        writeln!(
            out,
            "  {:<10} with all remedies: {} of {} schedules split the quorum",
            one.question.vintage, remedied.after.split_brain, remedied.after.runs
        )?;
    }
    Ok(())
}

fn cell(account: Option<&Account>) -> String {
    let Some(counts) = account.map(|account| &account.counts) else {
        return "not possible".into();
    };
    let seen = share(counts.lasting, counts.runs);
    match counts.split_brain {
        0 => seen,
        split => format!("{seen} ({})", share(split, counts.runs)),
    }
}

fn account<'a>(explained: &'a Explained, fault: &Fault) -> Option<&'a Account> {
    let ranked = explained.answer.ranked.iter();
    let mut ranked = ranked.map(|ranked| (ranked.fault, &ranked.account));
    let unable = explained.answer.unable.iter();
    let mut unable = unable.map(|(fault, account)| (*fault, account));
    let wanted = |(other, _): &(&'static Fault, &Account)| other.name == fault.name;
    let found = ranked.find(wanted).or_else(|| unable.find(wanted));
    found.map(|(_, account)| account)
}
