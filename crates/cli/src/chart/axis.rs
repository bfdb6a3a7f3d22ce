//! An axis: values to pixels, and where its ticks are.

/// How values are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spacing {
    /// Equal differences are equally far apart; from 0.
    Linear,
    /// Equal ratios are equally far apart.
    Logarithmic,
}

/// An axis of all panels of a measure.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    spacing: Spacing,
    from: f64,
    to: f64,
}

/// A line through a panel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    /// Whether its value stands beside it.
    pub(super) labelled: bool,
}

impl Axis {
    /// Just wide enough for these values; those that cannot be shown are left out.
    pub(super) fn around(spacing: Spacing, values: impl IntoIterator<Item = f64>) -> Self {
        let shown = |value: &f64| value.is_finite() && (spacing == Spacing::Linear || *value > 0.0);
        let values: Vec<f64> = values.into_iter().filter(shown).collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (from, to) = match spacing {
            _ if values.is_empty() => (0.1, 1.0),
            Spacing::Linear => (0.0, if most > 0.0 { most * 1.08 } else { 1.0 }),
            Spacing::Logarithmic => (least / 1.25, most * 1.25),
        };
        Self { spacing, from, to }
    }

    /// Where a value is, 0 to 1.
    pub(super) fn share(&self, value: f64) -> f64 {
        match self.spacing {
            Spacing::Linear => (value - self.from) / (self.to - self.from),
            Spacing::Logarithmic => (value / self.from).ln() / (self.to / self.from).ln(),
        }
    }

    pub(super) fn holds(&self, value: f64) -> bool {
        (self.from..=self.to).contains(&value)
    }

    /// Lines, on a length of so many px.
    pub(super) fn ticks(&self, length: f64, apart: f64) -> Vec<Tick> {
        match self.spacing {
            Spacing::Linear => self.linear_ticks(length, apart),
            Spacing::Logarithmic => self.logarithmic_ticks(length, apart),
        }
    }

    fn linear_ticks(&self, length: f64, apart: f64) -> Vec<Tick> {
        let steps =
            (-6..12).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)));
        let far = |step: &f64| step / (self.to - self.from) * length >= apart;
        let step = steps.into_iter().find(far).unwrap_or(self.to);
        let ticks = (0..100).map(|count| Tick {
            value: f64::from(count) * step,
            labelled: true,
        });
        ticks.filter(|tick| self.holds(tick.value)).collect()
    }

    fn logarithmic_ticks(&self, length: f64, apart: f64) -> Vec<Tick> {
        let decades = (self.to / self.from).log10();
        let decade = length / decades;
        // 1, 2 and 5 are labelled if there is room, then 1 only, then every other 1.
        let digits: &[f64] = if decade * 0.3 >= apart {
            &[1.0, 2.0, 5.0]
        } else {
            &[1.0]
        };
        let every = [1, 2, 3, 4]
            .into_iter()
            .find(|&every| decade * f64::from(every) >= apart);
        let mut ticks = Vec::new();
        for power in -9..15 {
            for digit in 1..10 {
                let digit = f64::from(digit);
                let value = digit * 10_f64.powi(power);
                let labelled = digits.contains(&digit) && power % every.unwrap_or(5) == 0;
                ticks.push(Tick { value, labelled });
            }
        }
        ticks.retain(|tick| self.holds(tick.value));
        ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_apart() {
        let axis = Axis::around(Spacing::Linear, [3.0, 9.3]);
        let ticks: Vec<f64> = axis.ticks(100.0, 15.0).iter().map(|t| t.value).collect();
        assert_eq!(ticks, [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        let axis = Axis::around(Spacing::Logarithmic, [0.9, 110.0]);
        let labelled = |length| {
            let ticks = axis.ticks(length, 15.0);
            let labelled = ticks.iter().filter(|tick| tick.labelled);
            labelled.map(|tick| tick.value).collect::<Vec<f64>>()
        };
        assert_eq!(labelled(60.0), [1.0, 10.0, 100.0]);
        assert_eq!(labelled(200.0), [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]);
    }

    #[test]
    fn equal_ratios_are_equally_far_apart() {
        let axis = Axis::around(Spacing::Logarithmic, [1.0, 100.0]);
        let [one, ten, hundred] = [1.0, 10.0, 100.0].map(|value| axis.share(value));
        assert!((ten - one - (hundred - ten)).abs() < 1e-9);
    }
}
