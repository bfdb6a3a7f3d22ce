//! What is no corosync.conf.

use super::refused;
use crate::lint::rule::Rule;

pub(in crate::lint) const SYNTAX: &[Rule] = &[
    refused(
        "line-too-long",
        "a line of more than 510 bytes",
        "corosync reads lines into a buffer of 512 bytes and refuses what is longer.",
        "shorten the line",
    ),
    refused(
        "nul-byte",
        "a NUL byte in a line",
        "corosync sees the text before the NUL only and misses the end of the line.",
        "remove the byte; the file may be damaged, or UTF-16",
    ),
    refused(
        "section-name",
        "a `{` without a name before it",
        "Nobody can tell which section this is.",
        "write the name of the section before `{`",
    ),
    refused(
        "text-after-brace",
        "text after `{` on its line",
        "A line that contains `{` opens a section and does nothing else, also if the brace is part of a value.",
        "put keys and `}` on lines of their own",
    ),
    refused(
        "text-beside-brace",
        "text beside `}` on its line",
        "A section ends with a line that is exactly `}`; comments need lines of their own too.",
        "put `}` on a line of its own",
    ),
    refused(
        "not-a-key",
        "a line that is neither a key, a section nor a comment",
        "Every line is `key: value`, `name {`, `}`, or starts with `#`.",
        "add the colon, or `#` if it is a comment",
    ),
    refused(
        "unexpected-brace",
        "a `}` that closes nothing",
        "Either the brace is too many, or the `{` of its section is missing.",
        "remove it, or open the section",
    ),
    refused(
        "missing-brace",
        "a section that is never closed",
        "Everything after it is taken for a part of it, so the rest of the file means something else.",
        "close the section with `}` on a line of its own",
    ),
    refused(
        "name-too-long",
        "a key that is too long with the sections around it",
        "corosync stores keys under the names of all sections around them, below 255 characters together.",
        "shorten the name, or nest less",
    ),
    refused(
        "key-name",
        "a key with characters that corosync cannot store",
        "Keys have 3 to 255 characters of A-Z a-z 0-9 . _ - / and :.",
        "correct the name of the key",
    ),
];
