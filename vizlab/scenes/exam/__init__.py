"""An exam by construction: rendered rooms with objects of which it is known which modality shows them.

needs       the codes of the maps, for who writes and who reads them
plan        what each picture is asked to hold, balanced over any four pictures
flat, furniture   the things themselves, in the colour, in the depth or in both
places, layout    where they go: on visible wall and floor, apart from each other in the picture
truth       two geometries, of what colour sees and of what depth sees, and the maps that follow from them
faults      regions where a sensor fails, and what that does to the needs
picture     one picture from its plan, geometry alone or with its colour
folder      the data folder on disk
"""
