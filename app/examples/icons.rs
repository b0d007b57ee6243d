//! Makes the icons that packages want: `cargo run -p ruminate-app --example icons -- FOLDER` writes `ruminate.ico` for
//! Windows, `ruminate.icns` for macOS and `ruminate.png`. Both of the former are lists of PNG files.

use ruminate_app::export::png;
use ruminate_app::icon::icon;
use std::error::Error;
use std::path::PathBuf;

/// What Windows shows somewhere, in pixels.
const WINDOWS: [usize; 6] = [16, 24, 32, 48, 64, 256];
/// What macOS calls its sizes.
const MACOS: [(&[u8; 4], usize); 8] = [
    (b"ic11", 32),
    (b"ic12", 64),
    (b"ic07", 128),
    (b"ic13", 256),
    (b"ic08", 256),
    (b"ic14", 512),
    (b"ic09", 512),
    (b"ic10", 1024),
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name the folder to write to")?);
    std::fs::create_dir_all(&folder)?;
    for (name, contents) in [("ruminate.ico", ico()?), ("ruminate.icns", icns()?), ("ruminate.png", image(512)?)] {
        let file = folder.join(name);
        std::fs::write(&file, contents)?;
        println!("{}", file.display());
    }
    Ok(())
}

/// The icon as a PNG file.
fn image(size: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok(png([size, size], &icon(size).rgba)?)
}

/// A directory of 16 bytes an image, then the images.
fn ico() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut directory = vec![0, 0, 1, 0, WINDOWS.len() as u8, 0];
    let mut images = Vec::new();
    let begin = directory.len() + 16 * WINDOWS.len();
    for size in WINDOWS {
        let image = image(size)?;
        // 0 stands for 256.
        let edge = (size % 256) as u8;
        // No palette; one plane of 32 bits.
        directory.extend([edge, edge, 0, 0, 1, 0, 32, 0]);
        directory.extend(u32::try_from(image.len())?.to_le_bytes());
        directory.extend(u32::try_from(begin + images.len())?.to_le_bytes());
        images.extend(image);
    }
    directory.extend(images);
    Ok(directory)
}

/// Each image after its name and its length, of which those count 8.
fn icns() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut images = Vec::new();
    for (name, size) in MACOS {
        let image = image(size)?;
        images.extend(name);
        images.extend(u32::try_from(image.len() + 8)?.to_be_bytes());
        images.extend(image);
    }
    let mut file = b"icns".to_vec();
    file.extend(u32::try_from(images.len() + 8)?.to_be_bytes());
    file.extend(images);
    Ok(file)
}
