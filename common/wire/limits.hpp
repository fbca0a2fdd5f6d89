#pragma once

#include <cstddef>
#include <cstdint>

/// What a frame may be; refused before anything of it is allocated. docs/protocol.md states the
/// same.
namespace drover::wire {

/// The envelope's shape never changes, so that programs of different versions can tell each other
/// apart.
inline constexpr std::uint64_t protocol_version = 1;

inline constexpr std::size_t max_frame_bytes = std::size_t{2} << 20U;
inline constexpr std::uint32_t max_depth = 16;       ///< Arrays and maps inside each other.
inline constexpr std::uint32_t max_elements = 4096;  ///< Of an array or map; bulk travels as bin.
/// Of all arrays and maps of a frame together: a byte on the wire may be many in memory.
inline constexpr std::uint32_t max_elements_in_all = 131'072;

}  // namespace drover::wire
