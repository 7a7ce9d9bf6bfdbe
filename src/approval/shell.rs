//! What a line for a shell runs, where that can be told for certain.
//!
//! A line is *plain* if it consists of nothing but commands of literal words, one after another or one
//! into the next. Everything else (substitution, expansion, patterns, assignments, files that are
//! written) may do more than it seems to, in one shell or another, and no rule speaks of it.
//!
//! Two read the line: [`Scan`], which knows plain lines only, and brush-parser, which knows bash. Both
//! have to come to the same words. Scan is first, so that no nesting reaches a parser that recurses.

use brush_parser::{
    ParserOptions, ast, parse_tokens, tokenize_str,
    word::{self, WordPiece},
};

/// Longer lines are not plain, in bytes: nobody would read one before saying yes to it.
const LONGEST: usize = 8 * 1024;

/// Characters that mean themselves outside quotes, beside letters and digits.
const LITERAL: &str = "_-./:,@%+=";

/// Words that begin a construct, or may in one of the shells that agents use (bash, zsh).
const RESERVED: &[&str] = &[
    "!",
    "case",
    "coproc",
    "do",
    "done",
    "elif",
    "else",
    "end",
    "esac",
    "fi",
    "for",
    "foreach",
    "function",
    "if",
    "in",
    "nocorrect",
    "noglob",
    "repeat",
    "select",
    "then",
    "time",
    "until",
    "while",
];

/// What changes nothing but where output is seen.
const HARMLESS: &[&str] = &["2>&1", "1>&2", ">&2", ">/dev/null", "2>/dev/null"];

/// Why a line is not plain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unclear {
    /// There is nothing to run.
    #[error("there is no command in it")]
    Empty,
    /// It is longer than anybody reads.
    #[error("a command of more than {} KiB is too long to be judged", LONGEST / 1024)]
    TooLong,
    /// A character that does not mean itself.
    #[error(
        "{0:?} may do more than it seems to: run plain commands, with what is special in 'single quotes'"
    )]
    Special(char),
    /// A quote without its end.
    #[error("a quote in it does not end")]
    OpenQuote,
    /// A construct of the shell's language.
    #[error("`{0}` begins a construct of the shell: run plain commands, one after the other")]
    Reserved(String),
    /// An assignment before a command, or alone.
    #[error("a variable set before a command may change what it does: run the command alone")]
    Assignment,
    /// Two readers disagree.
    #[error("it can be read in more than one way: run plain commands, one after the other")]
    Ambiguous,
}

#[cfg(test)]
thread_local! {
    /// How many lines a test has had read.
    pub(super) static READ: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The commands that a line runs, each by its words as the program will get them.
pub(super) fn plain(line: &str) -> Result<Vec<Vec<String>>, Unclear> {
    #[cfg(test)]
    READ.set(READ.get() + 1);
    if line.len() > LONGEST {
        return Err(Unclear::TooLong);
    }
    let commands = Scan::new(line).commands()?;
    if by_bash(line).as_ref() == Some(&commands) {
        Ok(commands)
    } else {
        Err(Unclear::Ambiguous)
    }
}

/// Reads plain lines, and stops at the first thing that is none.
struct Scan<'a> {
    rest: &'a str,
    commands: Vec<Vec<String>>,
    words: Vec<String>,
}

impl<'a> Scan<'a> {
    fn new(line: &'a str) -> Self {
        Self {
            rest: line.trim_matches([' ', '\t', '\n']),
            commands: Vec::new(),
            words: Vec::new(),
        }
    }

    fn commands(mut self) -> Result<Vec<Vec<String>>, Unclear> {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t']);
            if self.rest.is_empty() {
                return self.all();
            }
            if !self.passes_redirection() && !self.passes_operator()? {
                self.word()?;
            }
        }
    }

    /// At the end of the line. Whether it may end behind an operator, bash's grammar says.
    fn all(mut self) -> Result<Vec<Vec<String>>, Unclear> {
        if !self.words.is_empty() || self.commands.is_empty() {
            self.end_command()?;
        }
        Ok(self.commands)
    }

    /// Whether a harmless redirection stands here; it is passed over.
    fn passes_redirection(&mut self) -> bool {
        let ends =
            |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t', '\n', ';', '|', '&']);
        let after = HARMLESS
            .iter()
            .filter_map(|harmless| self.rest.strip_prefix(harmless))
            .find(|rest| ends(rest));
        // Before a command it would be a command without words.
        match after {
            Some(rest) if !self.words.is_empty() => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn passes_operator(&mut self) -> Result<bool, Unclear> {
        let operators = ["&&", "||", ";", "|", "\n"];
        let found = operators.iter().find_map(|one| self.rest.strip_prefix(one));
        let Some(rest) = found else {
            return Ok(false);
        };
        self.end_command()?;
        // A new line after an operator changes nothing.
        self.rest = rest.trim_start_matches([' ', '\t', '\n']);
        Ok(true)
    }

    fn end_command(&mut self) -> Result<(), Unclear> {
        if self.words.is_empty() {
            return Err(Unclear::Empty);
        }
        self.commands.push(std::mem::take(&mut self.words));
        Ok(())
    }

    fn word(&mut self) -> Result<(), Unclear> {
        let whole = self.rest;
        let mut word = String::new();
        while let Some(c) = self.rest.chars().next() {
            match c {
                '\'' | '"' => word.push_str(self.quoted(c)?),
                _ if c.is_alphanumeric() || LITERAL.contains(c) => {
                    word.push(c);
                    self.rest = &self.rest[c.len_utf8()..];
                }
                ' ' | '\t' | '\n' | ';' | '|' => break,
                '&' if self.rest.starts_with("&&") => break,
                _ => return Err(Unclear::Special(c)),
            }
        }
        let raw = &whole[..whole.len() - self.rest.len()];
        if raw.starts_with('=') {
            // In zsh it stands for the path of a program.
            return Err(Unclear::Special('='));
        }
        if self.words.is_empty() && raw.starts_with('%') {
            // It brings a job of the shell to the foreground.
            return Err(Unclear::Special('%'));
        }
        if self.words.is_empty() {
            if RESERVED.contains(&word.as_str()) {
                return Err(Unclear::Reserved(word));
            }
            if raw.contains('=') {
                return Err(Unclear::Assignment);
            }
            if word.is_empty() {
                return Err(Unclear::Empty);
            }
        }
        self.words.push(word);
        Ok(())
    }

    /// What stands in quotes, behind which it goes on.
    fn quoted(&mut self, quote: char) -> Result<&'a str, Unclear> {
        let (inside, rest) = self.rest[1..].split_once(quote).ok_or(Unclear::OpenQuote)?;
        let special = |c: &char| match quote {
            '\'' => is_odd(*c),
            _ => is_odd(*c) || matches!(c, '$' | '`' | '\\' | '!'),
        };
        if let Some(c) = inside.chars().find(special) {
            return Err(Unclear::Special(c));
        }
        self.rest = rest;
        Ok(inside)
    }
}

/// Control characters that are not text.
fn is_odd(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

/// The same by the grammar of bash; `None` if there is anything else in it than plain commands.
fn by_bash(line: &str) -> Option<Vec<Vec<String>>> {
    let options = ParserOptions::default();
    let tokens = tokenize_str(line).ok()?;
    let program = parse_tokens(&tokens, &options).ok()?;
    let lists = program.complete_commands.iter().flat_map(|list| &list.0);
    let mut commands = Vec::new();
    for ast::CompoundListItem(list, separator) in lists {
        if !matches!(separator, ast::SeparatorOperator::Sequence) {
            return None;
        }
        for (_, pipeline) in list {
            if pipeline.bang || pipeline.timed.is_some() {
                return None;
            }
            for command in &pipeline.seq {
                commands.push(words_of(command, &options)?);
            }
        }
    }
    Some(commands)
}

fn words_of(command: &ast::Command, options: &ParserOptions) -> Option<Vec<String>> {
    let ast::Command::Simple(command) = command else {
        return None;
    };
    if command.prefix.is_some() {
        return None;
    }
    let mut words = vec![literal(command.word_or_name.as_ref()?, options)?];
    for item in command.suffix.iter().flat_map(|suffix| &suffix.0) {
        match item {
            // Behind the name of a command, `a=b` is a word like others.
            ast::CommandPrefixOrSuffixItem::Word(word)
            | ast::CommandPrefixOrSuffixItem::AssignmentWord(_, word) => {
                words.push(literal(word, options)?);
            }
            // Scan has passed over harmless ones only.
            ast::CommandPrefixOrSuffixItem::IoRedirect(_) => {}
            ast::CommandPrefixOrSuffixItem::ProcessSubstitution(..) => return None,
        }
    }
    Some(words)
}

/// What a word is, if it is what it says.
fn literal(word: &ast::Word, options: &ParserOptions) -> Option<String> {
    let pieces = word::parse(&word.value, options).ok()?;
    pieces.iter().map(|piece| text_of(&piece.piece)).collect()
}

fn text_of(piece: &WordPiece) -> Option<String> {
    match piece {
        WordPiece::Text(text) | WordPiece::SingleQuotedText(text) => Some(text.clone()),
        WordPiece::DoubleQuotedSequence(pieces) => {
            pieces.iter().map(|piece| text_of(&piece.piece)).collect()
        }
        WordPiece::AnsiCQuotedText(_)
        | WordPiece::GettextDoubleQuotedSequence(_)
        | WordPiece::TildeExpansion(_)
        | WordPiece::ParameterExpansion(_)
        | WordPiece::CommandSubstitution(_)
        | WordPiece::BackquotedCommandSubstitution(_)
        | WordPiece::EscapeSequence(_)
        | WordPiece::ArithmeticExpression(_) => None,
    }
}

#[cfg(test)]
mod tests;
