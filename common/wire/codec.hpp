#pragma once

#include "common/wire/codec_read.hpp"
#include "common/wire/codec_write.hpp"

/// How the fields of messages become MessagePack. Included by the few sources that encode messages.
///
///   described struct      map by field names. Unknown keys are passed over; a missing key leaves
///                         the default, but ids and ranges must be there; a key twice is refused
///   LeaseId, OpeningId,   array of two: [epoch, number], [epoch, seq], [run, step], [first, last]
///   StepRef, Range
///   RunId, AgentId        bin of 16 bytes
///   Columns               map {offsets, bytes}, checked to fit together
///   vector<uint32, float> bin, little-endian
///   string                str, checked to be UTF-8; bin where BinaryFields names the field
///   optional              nil or the value
///   enum                  its name
