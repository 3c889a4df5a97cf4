"""An exam: pictures in which it is known, object by object, which modality was needed; networks and explanations of
them are graded by it."""
