use rand::TryRng;
use rand::rngs::SysRng;

/// 256 bits from the operating system.
pub fn bytes() -> Result<[u8; 32], rand::rngs::SysError> {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes)
}
