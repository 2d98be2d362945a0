//! Repeats the command line with a different file, as a line for the user to copy.

use std::{env, path::Path};

/// Returns the command line of this process, with `file` in place of `path`.
pub(super) fn command_to_copy(path: &Path, file: &Path) -> String {
    let words = env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned());
    line(words, &path.to_string_lossy(), &file.to_string_lossy())
}

fn line(words: impl Iterator<Item = String>, path: &str, file: &str) -> String {
    let mut is_replaced = false;
    let mut line = "parlour".to_owned();
    for word in words {
        let is_path = !is_replaced && word == path;
        is_replaced |= is_path;
        line.push(' ');
        line.push_str(&quoted(if is_path { file } else { &word }));
    }
    line
}

/// Quotes a word for a shell.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=+,@%".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_is_replaced_and_other_words_are_quoted() {
        let words = ["replay", "my rec", "--follow", "Ada's", "--room", "my rec"];
        assert_eq!(
            line(words.map(String::from).into_iter(), "my rec", "my rec/a.plr"),
            r"parlour replay 'my rec/a.plr' --follow 'Ada'\''s' --room 'my rec'"
        );
    }
}
