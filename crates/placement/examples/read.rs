//! Reads files and says what is noteworthy about them: `read FILE…`.

fn main() {
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        match ringwright_placement::Cib::parse(&path, &text) {
            Ok(parsed) => parsed.warnings.iter().for_each(|w| println!("{w}")),
            Err(error) => println!("{error}"),
        }
    }
}
