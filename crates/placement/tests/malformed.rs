//! No text brings the reader down, and what is wrong is pointed at.

use proptest::prelude::*;
use ringwright_placement::Cib;

const TEXT: &str = include_str!("data/everything.xml");

/// Reads it; what is read is written and read again, and an error points into the text.
fn survive(text: &str) {
    match Cib::parse("cib.xml", text) {
        Ok(parsed) => {
            let written = parsed.cib.to_xml();
            Cib::parse("written.xml", &written)
                .unwrap_or_else(|error| panic!("{error}\n{written}"));
        }
        Err(error) => {
            let lines: Vec<&str> = text.split('\n').collect();
            let line = lines.get(error.place.line as usize - 1);
            let line = line.unwrap_or_else(|| panic!("{error}: there is no such line"));
            let columns = line.chars().count() + 1;
            assert!(
                (1..=columns).contains(&(error.place.column as usize)),
                "{error}"
            );
        }
    }
}

#[test]
fn every_prefix_is_refused() {
    for end in 0..TEXT.trim_end().len() {
        let text = &TEXT[..end];
        assert!(Cib::parse("cib.xml", text).is_err(), "{text}");
        survive(text);
    }
}

#[test]
fn references_do_not_multiply_without_end() {
    let level = |n: u32| {
        let below = format!("<rule id-ref='r{}'/>", n + 1).repeat(10);
        format!("<rsc_location id='l{n}' rsc='a'><rule id='r{n}'>{below}</rule></rsc_location>")
    };
    let levels: String = (0..18).map(level).collect();
    let text = format!(
        "<cib><configuration><resources/><constraints>{levels}<rsc_location id='l18' rsc='a'><rule id='r18'/></rsc_location></constraints></configuration></cib>"
    );
    let error = Cib::parse("cib.xml", &text).expect_err("it is refused");
    assert_eq!(error.code, "too-many-references");
}

#[test]
fn depth_and_width_are_bounded() {
    let deep = "<a>".repeat(1_000_000);
    let error = Cib::parse("cib.xml", &format!("<cib>{deep}")).expect_err("it is refused");
    assert_eq!(error.code, "too-deep");
    let wide: Vec<String> = (0..100_000).map(|n| format!("a{n}=''")).collect();
    let wide = wide.join(" ");
    let error = Cib::parse("cib.xml", &format!("<cib {wide}/>")).expect_err("it is refused");
    assert_eq!(error.code, "too-many-attributes");
}

/// Where, and what is done there: removed, doubled, or put in.
fn edits() -> impl Strategy<Value = Vec<(usize, usize, String)>> {
    let pieces = prop_oneof![
        Just(String::new()),
        "[<>/\"'=& a-z0-9;#-]{0,3}",
        Just("<!--".to_owned()),
        Just("id-ref=\"p-m\"".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec((0..TEXT.len(), 0_usize..40, pieces), 1..5)
}

proptest! {
    #[test]
    fn changed_text_is_read_or_refused_with_a_place(edits in edits()) {
        let mut bytes = TEXT.as_bytes().to_vec();
        for (at, len, piece) in edits {
            let at = at.min(bytes.len());
            let end = (at + len).min(bytes.len());
            bytes.splice(at..end, piece.into_bytes());
        }
        survive(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn moved_pieces_are_read_or_refused(from in 0..TEXT.len(), len in 0_usize..400, to in 0..TEXT.len()) {
        let piece = TEXT.as_bytes()[from..(from + len).min(TEXT.len())].to_vec();
        let mut bytes = TEXT.as_bytes().to_vec();
        bytes.splice(to..to, piece);
        survive(&String::from_utf8_lossy(&bytes));
    }
}
