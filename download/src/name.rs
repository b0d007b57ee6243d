//! Names of files on a hub of models.

use crate::Error;
use std::fmt;
use std::str::FromStr;

/// `owner/name/file.gguf`: a repository, and a file in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    /// `owner/name`.
    pub repository: String,
    /// The file, in the repository's root.
    pub file: String,
}

impl FromStr for FileName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let parts: Vec<&str> = text.split('/').collect();
        let plain = |part: &&str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            // Neither a hidden file nor a way out of the folder.
            !part.is_empty() && !part.starts_with('.') && part.bytes().all(allowed)
        };
        match parts[..] {
            [owner, name, file] if parts.iter().all(plain) && file.to_ascii_lowercase().ends_with(".gguf") => {
                Ok(Self { repository: format!("{owner}/{name}"), file: file.to_owned() })
            }
            _ => Err(Error::Name(text.to_owned())),
        }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.repository, self.file)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]
    use super::*;

    #[test]
    fn only_files_of_repositories_are_names() {
        let name: FileName = " Qwen/Qwen2.5-0.5B-Instruct-GGUF/qwen2.5-0.5b-instruct-q8_0.gguf\n".parse().unwrap();
        assert_eq!(name.repository, "Qwen/Qwen2.5-0.5B-Instruct-GGUF");
        assert_eq!(name.to_string().parse::<FileName>().unwrap(), name);
        let long = "a/b/../../c.gguf";
        for bad in ["", "a.gguf", "a/b", "a/b/c.bin", "a//c.gguf", "../b/c.gguf", "a/b/.gguf", "a/b c/d.gguf", long] {
            assert!(bad.parse::<FileName>().unwrap_err().to_string().contains("owner/name/file.gguf"), "{bad}");
        }
    }
}
