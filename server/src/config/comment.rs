//! Comments in a printed configuration file.

/// Returns a sentence as comment lines of at most 100 columns.
pub(super) fn comment(sentence: &str) -> String {
    const COLUMNS: usize = 100;
    let mut lines = String::new();
    let mut line = "#".to_owned();
    for word in sentence.split(' ') {
        // A period follows the last word.
        if line.chars().count() + word.chars().count() + 2 > COLUMNS {
            lines.push_str(&line);
            lines.push('\n');
            "#".clone_into(&mut line);
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + ".\n"
}
