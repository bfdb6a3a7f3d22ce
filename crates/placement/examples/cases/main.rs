//! Places each file of a folder and writes a JSON file for each: `cases IN OUT [--scores] [NAME…]`.

mod candidate;

use std::path::Path;

use ringwright_placement::{Cib, Options, active, place};

fn main() {
    let (flags, args): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|a| a.starts_with("--"));
    let [input, output, names @ ..] = &args[..] else {
        eprintln!("usage: cases IN OUT [--scores] [NAME…]");
        std::process::exit(2);
    };
    std::fs::create_dir_all(output).expect("the folder can be made");
    let mut files: Vec<_> = std::fs::read_dir(input)
        .expect("the folder can be read")
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.extension().is_some_and(|e| e == "xml"))
        .collect();
    files.sort();
    let options = Options {
        clock: 1_790_000_000,
        scores: flags.iter().any(|f| f == "--scores"),
        ..Options::default()
    };
    for path in files {
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if !names.is_empty() && !names.contains(&name) {
            continue;
        }
        match case(&path, &name, &options) {
            Ok(json) => {
                std::fs::write(Path::new(output).join(format!("{name}.json")), json)
                    .expect("the file can be written");
            }
            Err(e) => eprintln!("{name}: {e}"),
        }
    }
}

fn case(path: &Path, name: &str, options: &Options) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let cib = Cib::parse(name, &text).map_err(|e| e.to_string())?.cib;
    let placement = place(&cib, options).map_err(|e| e.to_string())?;
    let after = placement.graph.carry_out(&cib);
    let placed = active(&after, options).map_err(|e| e.to_string())?;
    Ok(candidate::json(name, &placement, &placed, options.scores))
}
