//! Downloads from a server on this machine that behaves, hangs up, or lies.

#![cfg(feature = "network")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use ruminate_download::{Error, FileName, Hub, Progress, fetch};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const BYTES: usize = 3_000_000;

/// What the server does wrong.
#[derive(Clone, Default)]
struct Manners {
    /// Bytes of a body after which it hangs up, each time but the first of a range that asks where there is nothing.
    cut: Option<usize>,
    /// Bodies that it cuts; then it behaves.
    cuts: usize,
    /// It knows no ranges in the middle of a file.
    is_simple: bool,
    /// What it says the checksum is.
    tag: Option<String>,
    /// Bytes that it says there are, more than there are.
    more: usize,
}

struct Server {
    endpoint: String,
    /// The first bytes that were asked for, of each request for the body.
    asked: Arc<Mutex<Vec<usize>>>,
}

fn content() -> Vec<u8> {
    (0..BYTES as u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8).collect()
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn name() -> FileName {
    "owner/models/tiny.gguf".parse().unwrap()
}

fn serve(manners: Manners) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (told, left) = (asked.clone(), Mutex::new(manners.cuts));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = answer(stream, &manners, &told, &left);
        }
    });
    Server { endpoint, asked }
}

fn answer(stream: TcpStream, manners: &Manners, asked: &Mutex<Vec<usize>>, cuts: &Mutex<usize>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    let (mut request, mut range) = (String::new(), None);
    lines.read_line(&mut request)?;
    loop {
        let mut line = String::new();
        lines.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(given) = line.to_ascii_lowercase().trim().strip_prefix("range: bytes=") {
            range = given.split_once('-').map(|(from, to)| (from.parse::<usize>().unwrap(), to.parse::<usize>().ok()));
        }
    }
    let mut out = stream;
    if request.split(' ').nth(1) != Some("/owner/models/resolve/main/tiny.gguf") {
        return write!(out, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    let content = content();
    let tag = manners.tag.clone().unwrap_or_else(|| sha256(&content));
    let total = content.len() + manners.more;
    let (from, to) = range.unwrap_or((0, None));
    let is_question = to == Some(0);
    let body = &content[if manners.is_simple { 0 } else { from }..to.map_or(content.len(), |to| to + 1)];
    let (status, length) =
        if manners.is_simple && !is_question { ("200 OK", total) } else { ("206 Partial", total - from) };
    let length = if is_question { 1 } else { length };
    write!(out, "HTTP/1.1 {status}\r\nETag: \"{tag}\"\r\nX-Linked-Etag: \"{tag}\"\r\nX-Repo-Commit: 0123\r\n")?;
    if status != "200 OK" {
        write!(out, "Content-Range: bytes {from}-{}/{total}\r\n", from + length - 1)?;
    }
    write!(out, "Content-Length: {length}\r\nConnection: close\r\n\r\n")?;
    if is_question {
        return out.write_all(body);
    }
    asked.lock().unwrap().push(from);
    let mut left = cuts.lock().unwrap();
    match manners.cut {
        Some(cut) if *left > 0 => {
            *left -= 1;
            out.write_all(&body[..cut.min(body.len())])
        }
        _ => out.write_all(body),
    }
}

fn get(server: &Server, folder: &Path, progress: &mut dyn FnMut(Progress) -> bool) -> Result<PathBuf, Error> {
    fetch(&Hub::new(Some(&server.endpoint)).unwrap(), &name(), folder, progress)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_comes_whole_and_progress_only_grows() {
    let (server, folder) = (serve(Manners::default()), tempfile::tempdir().unwrap());
    let mut seen = Vec::new();
    let path = get(&server, &folder.path().join("new"), &mut |progress| {
        seen.push(progress.done);
        assert_eq!(progress.total, BYTES as u64);
        true
    })
    .unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), content());
    assert!(seen.is_sorted() && seen.len() > 4 && seen.last() == Some(&(BYTES as u64)), "{seen:?}");
    assert_eq!(names(path.parent().unwrap()), ["tiny.gguf"]);
    // What is there is not fetched twice.
    get(&server, path.parent().unwrap(), &mut |_| true).unwrap();
    assert_eq!(*server.asked.lock().unwrap(), [0]);
}

#[test]
fn a_line_that_is_cut_goes_on_from_there() {
    let server = serve(Manners { cut: Some(1_000_000), cuts: 2, ..Manners::default() });
    let folder = tempfile::tempdir().unwrap();
    let path = get(&server, folder.path(), &mut |_| true).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), content());
    assert_eq!(*server.asked.lock().unwrap(), [0, 1_000_000, 2_000_000]);
}

#[test]
fn a_line_that_stays_dead_is_given_up_and_nothing_is_lost() {
    let server = serve(Manners { cut: Some(0), cuts: 99, ..Manners::default() });
    let folder = tempfile::tempdir().unwrap();
    let error = get(&server, folder.path(), &mut |_| true).unwrap_err().to_string();
    assert!(error.contains("Is the network up?"), "{error}");
    let part = folder.path().join(&names(folder.path())[0]);
    std::fs::write(part, &content()[..2_000_000]).unwrap();
    let server = serve(Manners::default());
    get(&server, folder.path(), &mut |_| true).unwrap();
    assert_eq!(*server.asked.lock().unwrap(), [2_000_000]);
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    // It takes connections, and nobody answers them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let hub = Hub::with_patience(Some(&format!("http://{}", silent.local_addr().unwrap())), Duration::from_millis(200));
    let folder = tempfile::tempdir().unwrap();
    let error = fetch(&hub.unwrap(), &name(), folder.path(), &mut |_| true).unwrap_err().to_string();
    assert!(error.contains("does not answer") && error.contains("Is the network up?"), "{error}");
}

#[test]
fn stopping_keeps_what_came_and_the_next_attempt_goes_on() {
    let (server, folder) = (serve(Manners::default()), tempfile::tempdir().unwrap());
    let stopped = get(&server, folder.path(), &mut |progress| progress.done < 1_500_000);
    assert!(matches!(stopped, Err(Error::Cancelled)), "{stopped:?}");
    let [part] = &names(folder.path())[..] else { panic!("one part") };
    assert!(part.starts_with("tiny.gguf.") && part.ends_with(".part"), "{part}");
    let kept = std::fs::metadata(folder.path().join(part)).unwrap().len() as usize;
    let mut checked = false;
    let path = get(&server, folder.path(), &mut |progress| {
        checked |= progress.is_checking;
        true
    });
    assert_eq!(std::fs::read(path.unwrap()).unwrap(), content());
    assert!(checked && kept >= 1_500_000);
    assert_eq!(*server.asked.lock().unwrap(), [0, kept]);
}

#[test]
fn a_server_without_ranges_is_gone_on_with_too() {
    let server = serve(Manners { is_simple: true, ..Manners::default() });
    let folder = tempfile::tempdir().unwrap();
    get(&server, folder.path(), &mut |progress| progress.done < 1_000_000).unwrap_err();
    let path = get(&server, folder.path(), &mut |_| true).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), content());
}

#[test]
fn a_wrong_checksum_or_size_is_refused() {
    let wrong = serve(Manners { tag: Some("0".repeat(64)), ..Manners::default() });
    let folder = tempfile::tempdir().unwrap();
    let error = get(&wrong, folder.path(), &mut |_| true).unwrap_err().to_string();
    assert!(error.contains("sha256") && error.contains("try again"), "{error}");
    assert!(names(folder.path()).is_empty(), "a damaged part is not gone on with");
    let short = serve(Manners { more: 10, ..Manners::default() });
    let error = get(&short, folder.path(), &mut |_| true).unwrap_err().to_string();
    assert!(error.contains("Is the network up?"), "{error}");
    assert!(!folder.path().join("tiny.gguf").exists());
}

#[test]
fn another_version_is_not_mixed_with_the_part_of_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let old = serve(Manners { tag: Some("old-version".into()), ..Manners::default() });
    get(&old, folder.path(), &mut |progress| progress.done < 1_000_000).unwrap_err();
    let new = serve(Manners::default());
    get(&new, folder.path(), &mut |_| true).unwrap();
    assert_eq!(*new.asked.lock().unwrap(), [0]);
}

#[test]
fn what_cannot_be_had_or_written_says_what_to_do() {
    let (server, folder) = (serve(Manners::default()), tempfile::tempdir().unwrap());
    let hub = Hub::new(Some(&server.endpoint)).unwrap();
    let none = fetch(&hub, &"owner/models/none.gguf".parse().unwrap(), folder.path(), &mut |_| true).unwrap_err();
    assert!(none.to_string().contains("404") && none.to_string().contains("Check the name"), "{none}");
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let unwritable = get(&server, &file.join("below"), &mut |_| true).unwrap_err().to_string();
    assert!(unwritable.contains("RUMINATE_MODELS"), "{unwritable}");
    std::fs::write(folder.path().join("tiny.gguf"), "mine").unwrap();
    let taken = get(&server, folder.path(), &mut |_| true).unwrap_err().to_string();
    assert!(taken.contains("move it away"), "{taken}");
    assert_eq!(std::fs::read(folder.path().join("tiny.gguf")).unwrap(), b"mine");
    let gone = Hub::new(Some("http://127.0.0.1:1")).unwrap();
    let down = fetch(&gone, &name(), folder.path(), &mut |_| true).unwrap_err().to_string();
    assert!(down.contains("Is the network up?"), "{down}");
}

/// The system's own device that is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said() {
    let (server, folder) = (serve(Manners::default()), tempfile::tempdir().unwrap());
    let part = format!("tiny.gguf.{}.part", &sha256(&content())[..16]);
    std::os::unix::fs::symlink("/dev/full", folder.path().join(part)).unwrap();
    let full = get(&server, folder.path(), &mut |_| true).unwrap_err().to_string();
    assert!(full.contains("No space left") && full.contains("Make room"), "{full}");
    assert!(!folder.path().join("tiny.gguf").exists());
}

#[test]
fn two_at_once_do_not_write_into_one_part() {
    let (server, folder) = (serve(Manners::default()), tempfile::tempdir().unwrap());
    let mut inner = None;
    get(&server, folder.path(), &mut |progress| {
        if progress.done > 0 && inner.is_none() {
            inner = Some(get(&server, folder.path(), &mut |_| true));
        }
        true
    })
    .unwrap();
    assert!(matches!(inner, Some(Err(Error::Busy(_)))), "{inner:?}");
}
