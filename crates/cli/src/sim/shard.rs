//! Which part of a sweep is run here.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// A part: `index` of `of`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) index: u64,
    pub(crate) of: u64,
}

/// As on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shard {
    /// `I/N`.
    Given(Part),
    /// `auto`: from a job array, `auto/N`: of N.
    Auto(Option<u64>),
}

impl Part {
    /// The whole.
    pub(crate) const WHOLE: Self = Self { index: 1, of: 1 };

    fn new(index: u64, of: u64) -> Result<Self, String> {
        if of == 0 || !(1..=of).contains(&index) {
            return Err(format!(
                "there is no part {index} of {of}: parts count from 1"
            ));
        }
        Ok(Self { index, of })
    }

    /// Its seeds, of all; neighbours meet without a gap, and their lengths differ by at most one.
    pub(crate) fn seeds(self, all: &Range<u64>) -> Range<u64> {
        let end = |index: u64| {
            let length = u128::from(all.end - all.start);
            let part = length * u128::from(index) / u128::from(self.of);
            all.start + u64::try_from(part).unwrap_or(u64::MAX)
        };
        end(self.index - 1)..end(self.index)
    }
}

impl Shard {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let number = |text: &str| {
            text.parse::<u64>()
                .map_err(|_| "not I/N, auto or auto/N".to_owned())
        };
        match text.split_once('/') {
            None if text == "auto" => Ok(Self::Auto(None)),
            Some(("auto", of)) => Part::new(1, number(of)?).map(|part| Self::Auto(Some(part.of))),
            Some((index, of)) => Part::new(number(index)?, number(of)?).map(Self::Given),
            None => Err("not I/N, auto or auto/N".into()),
        }
    }

    /// The part, by the variables of the job array that this runs in if it has to be found out.
    pub(crate) fn resolve(
        self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Part, Failure> {
        let of = match self {
            Self::Given(part) => return Ok(part),
            Self::Auto(of) => of,
        };
        let read =
            |name: &str| match variable(name) {
                None => Ok(None),
                Some(text) => text.trim().parse::<u64>().map(Some).map_err(|_| {
                    Failure::new(format!("--shard auto: {name} is `{text}`, no number"))
                }),
            };
        match (read("SLURM_ARRAY_TASK_ID")?, read("JOB_COMPLETION_INDEX")?) {
            (Some(_), Some(_)) => Err(Failure::new(
                "--shard auto: SLURM_ARRAY_TASK_ID and JOB_COMPLETION_INDEX are both set; say I/N",
            )),
            (Some(id), None) => slurm(id, of, read),
            (None, Some(index)) => kubernetes(index, of),
            (None, None) => Err(Failure::new(
                "--shard auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set, so this is no job array",
            )),
        }
    }
}

/// Slurm's ids start anywhere and may be apart; it says where and how far, and how many there are.
fn slurm(
    id: u64,
    of: Option<u64>,
    read: impl Fn(&str) -> Result<Option<u64>, Failure>,
) -> Result<Part, Failure> {
    let first = read("SLURM_ARRAY_TASK_MIN")?.unwrap_or(0);
    let step = read("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1).max(1);
    let count = read("SLURM_ARRAY_TASK_COUNT")?;
    let whole = match (of, count) {
        (Some(of), Some(count)) if of != count => {
            Err(format!("auto/{of}, but the array has {count} tasks"))
        }
        (Some(of), _) | (None, Some(of)) => Ok(of),
        (None, None) => Err("SLURM_ARRAY_TASK_COUNT is not set; say auto/N".into()),
    };
    let part = whole.and_then(|of| {
        let offset = id.checked_sub(first).filter(|offset| offset % step == 0);
        let index = offset.map(|offset| offset / step + 1);
        let last = read("SLURM_ARRAY_TASK_MAX").ok().flatten();
        let is_even = last.is_none_or(|last| last.saturating_sub(first) / step + 1 == of);
        match index {
            Some(index) if is_even => Part::new(index, of),
            _ => Err(format!(
                "the ids of the array are not evenly spaced from {first} on; say I/N"
            )),
        }
    });
    part.map_err(|why| Failure::new(format!("--shard auto: {why}")))
}

/// Kubernetes counts from 0 and does not say how many there are.
fn kubernetes(index: u64, of: Option<u64>) -> Result<Part, Failure> {
    let of =
        of.ok_or("an Indexed Job does not say how many completions it has; say auto/N".to_owned());
    let part = of.and_then(|of| Part::new(index.saturating_add(1), of));
    part.map_err(|why| Failure::new(format!("--shard auto: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(shard: &str, variables: &[(&str, &str)]) -> Result<(u64, u64), String> {
        let find = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let shard = Shard::parse(shard)?;
        let part = shard
            .resolve(find)
            .map_err(|failure| format!("{failure:?}"))?;
        Ok((part.index, part.of))
    }

    #[test]
    fn parts_count_from_one() {
        assert_eq!(resolve("2/3", &[]), Ok((2, 3)));
        for wrong in ["0/3", "4/3", "1/0", "x/2", "1", "auto/0"] {
            assert!(resolve(wrong, &[]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parts_are_the_whole_without_gap_or_overlap() {
        for (seeds, of) in [(0..10, 3), (5..8, 7), (0..u64::MAX, 5)] {
            let mut next = seeds.start;
            for index in 1..=of {
                let part = Part { index, of }.seeds(&seeds);
                assert_eq!(part.start, next);
                next = part.end;
            }
            assert_eq!(next, seeds.end);
        }
    }

    #[test]
    fn slurms_arrays_may_start_anywhere_and_have_steps() {
        let array = |id, min, max, step, count| {
            let variables = [
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_MIN", min),
                ("SLURM_ARRAY_TASK_MAX", max),
                ("SLURM_ARRAY_TASK_STEP", step),
                ("SLURM_ARRAY_TASK_COUNT", count),
            ];
            resolve("auto", &variables)
        };
        assert_eq!(array("1", "1", "16", "1", "16"), Ok((1, 16)));
        assert_eq!(array("0", "0", "3", "1", "4"), Ok((1, 4)));
        assert_eq!(array("7", "1", "7", "2", "4"), Ok((4, 4)));
        assert!(
            array("7", "1", "7", "1", "3")
                .unwrap_err()
                .contains("evenly"),
            "--array=1,3,7"
        );
        assert!(
            resolve(
                "auto/8",
                &[
                    ("SLURM_ARRAY_TASK_ID", "1"),
                    ("SLURM_ARRAY_TASK_COUNT", "4")
                ]
            )
            .is_err()
        );
    }

    #[test]
    fn kubernetes_counts_from_zero_and_has_to_be_told_how_many() {
        let index = [("JOB_COMPLETION_INDEX", "3")];
        assert_eq!(resolve("auto/4", &index), Ok((4, 4)));
        assert!(resolve("auto", &index).unwrap_err().contains("say auto/N"));
        assert!(resolve("auto/3", &index).is_err());
        assert!(resolve("auto", &[]).unwrap_err().contains("no job array"));
        assert!(resolve("auto/4", &[("JOB_COMPLETION_INDEX", "x")]).is_err());
    }
}
