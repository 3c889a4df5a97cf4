"""Data folders: the layout that training and evaluation read, and the ways to get one.

rgb/NAME.jpg       8-bit colour; .jpeg, .png, .webp and .tif are read too
depth/NAME.png     16-bit, millimetres, 0 = unknown; other encodings and .tif, .npy, .npz are read too
label40/NAME.png   8-bit, classes 0-39, 255 = void; without this folder every pixel is void
label13/NAME.png   8-bit, classes 0-12, 255 = void; written for other programs, not read here
texture/NAME.png   and other folders of 8-bit pictures of the same views, for image translation: light/, edges/,
                   normals/ (coded as in `vizlab.rgbd.derived`), or any other input of a network; optional
train.txt, test.txt   one NAME a line; without either, every picture of rgb/ belongs to whichever split is asked for;
                   the 41st to 50th of every hundred of train.txt are the split `held-out`, on which choices are made,
                   and the rest the split `kept`, from which a recipe with `hold_out` learns
dataset.json       where the pictures come from, the depth's unit and the camera; optional

Normals are not stored: they are derived from the depth when a picture is read (`geometry.NORMALS_METHOD`), with the
camera of dataset.json at the picture's size. Without dataset.json the camera is NYUv2's for 4:3 pictures and
`geometry.assumed_intrinsics` for others, and the depth's unit is detected from several pictures, once for the
folder; where that stays uncertain, a folder with lists is read in millimetres. `RGBDFolder.notes` says what was
assumed.

`vizlab data nyuv2` writes such a folder from the official files. A folder of your own RGB-D pictures needs rgb/ and
depth/ only; `vizlab data check` says how it would be read. What detection cannot know goes into dataset.json:
{"depth_unit": "tum", "camera": {"fx": 525, "fy": 525, "cx": 319.5, "cy": 239.5, "width": 640, "height": 480}}
and, where depth around the picture's edge was made up, the rectangle in which it was measured, outside of which no
depth and no normal is learned or compared: {"measured": {"top": 45, "left": 41, "bottom": 471, "right": 601, "width":
640, "height": 480}}, bottom and right not included. The texts "source", "licence" and "limits" (a list of sentences)
go into the cards of networks trained on the pictures.
"""

from vizlab.study.data.folder import RGBDFolder, Sample

__all__ = ["RGBDFolder", "Sample"]
