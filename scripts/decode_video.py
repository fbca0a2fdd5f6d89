"""Writes every frame of a video as JPEG files frame_0001.jpg, frame_0002.jpg, ...

    decode_video.py VIDEO FOLDER       needs PyAV and Pillow (scripts/requirements-images.txt)
"""

import pathlib
import sys

import av


def main():
    video, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with av.open(video) as container:
        for number, frame in enumerate(container.decode(video=0), start=1):
            frame.to_image().save(folder / f"frame_{number:04}.jpg", quality=90)


if __name__ == "__main__":
    main()
