//! Repeats the command line with a different file, as a line for the user to copy.

use std::path::Path;

use super::super::program::Program;

/// Returns the command line of the program, with `file` in place of `path`. If `path` is a world
/// that was chosen from those of a node, replaces the directory of the node, and leaves out
/// `--world`.
pub(super) fn command_to_copy(program: &Program, path: &Path, file: &Path) -> String {
    let words = &program.words;
    let file = &*file.to_string_lossy();
    let nth = |path: &Path| words.iter().position(|word| Path::new(word) == path);
    let replaced = nth(path).or_else(|| nth(path.parent()?));
    let mut line = program.name.to_owned();
    let mut words = words.iter().enumerate();
    while let Some((nth, word)) = words.next() {
        if word == "--world" {
            words.next();
            continue;
        }
        if word.starts_with("--world=") {
            continue;
        }
        line.push(' ');
        line.push_str(&quoted(if Some(nth) == replaced { file } else { word }));
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

    fn line(words: &[&str], path: &str, file: &str) -> String {
        let mut program = Program::parlour();
        program.words = words.iter().map(|word| (*word).to_owned()).collect();
        command_to_copy(&program, Path::new(path), Path::new(file))
    }

    #[test]
    fn the_directory_is_replaced_and_other_words_are_quoted() {
        let words = ["replay", "my rec", "--follow", "Ada's", "--room", "my rec"];
        assert_eq!(
            line(&words, "my rec", "my rec/a.plr"),
            r"parlour replay 'my rec/a.plr' --follow 'Ada'\''s' --room 'my rec'"
        );
    }

    #[test]
    fn the_directory_of_a_node_is_replaced_with_the_choice_of_the_world() {
        let file = "rec/main/a.plr";
        for words in [
            &["replay", "rec", "--world", "main", "--from", "7"][..],
            &["replay", "--world=main", "rec/", "--from", "7"],
            &["replay", "rec/main", "--from", "7"],
        ] {
            assert_eq!(
                line(words, "rec/main", file),
                "parlour replay rec/main/a.plr --from 7",
                "{words:?}"
            );
        }
    }
}
