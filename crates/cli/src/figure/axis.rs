//! Times below the lanes, and lines through them.

use std::fmt::Write;

use ringwright_sims::timeline::Micros;

use super::canvas::Canvas;

/// Of the times, px.
pub(super) const HEIGHT: f64 = 22.0;
/// Between two lines at least, px.
const APART: f64 = 70.0;

/// Distances of lines, µs: 1, 2, 5 of each power of ten up to 50 s, then parts of minutes, hours and days.
fn steps() -> impl Iterator<Item = Micros> {
    let powers = (0..8).map(|power| 10_u64.pow(power));
    let decimal = powers.flat_map(|power| [power, 2 * power, 5 * power]);
    let long = [60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400, 604_800];
    decimal.chain(long.map(|seconds| seconds * 1_000_000))
}

/// Draws lines down to `bottom` and their times.
pub(super) fn draw(canvas: &mut Canvas, bottom: f64) {
    let scale = canvas.scale;
    let step = steps().find(|&step| scale.x(step) >= APART);
    let step = step.unwrap_or(scale.until);
    canvas.open("axis");
    for count in 0..=scale.until / step {
        let (at, x) = (count * step, scale.x(count * step));
        let anchor = if count == 0 {
            "start"
        } else if x > scale.width - APART / 2.0 {
            "end"
        } else {
            "middle"
        };
        let _ = writeln!(
            canvas.svg,
            r#"<line x1="{x:.1}" x2="{x:.1}" y1="0" y2="{:.1}"/><text x="{x:.1}" y="{:.1}" text-anchor="{anchor}">{}</text>"#,
            bottom + 4.0,
            bottom + 17.0,
            time(at)
        );
    }
    canvas.close();
}

/// `1.5 s`, `250 ms`, `1:30 min` or `2:00 h`.
fn time(at: Micros) -> String {
    let (millis, seconds) = (at / 1000, at / 1_000_000);
    match at {
        0 => "0 s".into(),
        1..1_000 => format!("{at} µs"),
        1_000..1_000_000 => format!("{millis} ms"),
        1_000_000..120_000_000 => {
            let text = format!("{seconds}.{:06}", at % 1_000_000);
            format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
        }
        120_000_000..7_200_000_000 => format!("{}:{:02} min", seconds / 60, seconds % 60),
        _ => format!("{}:{:02} h", seconds / 3600, seconds / 60 % 60),
    }
}
