"""Evaluations as scripts of papers do them: full matrices, sorted with numpy, none of our own code."""

import numpy as np

CUTOFFS = (1, 5, 10)


def recalls(scores, relevant, *, share=False):
    """R@1, R@5, R@10 with rows as queries, in percent."""
    best = np.argpartition(-scores, CUTOFFS[-1], axis=1)[:, : CUTOFFS[-1]]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1)
    return recalls_of_order(np.take_along_axis(best, order, axis=1), relevant, share=share)


def recalls_of_order(order, relevant, *, share=False):
    found = np.take_along_axis(relevant, order, axis=1)
    first = {k: found[:, :k].sum(axis=1) for k in CUTOFFS}
    total = relevant.sum(axis=1)
    return [100 * float(np.mean(first[k] / total if share else first[k] > 0)) for k in CUTOFFS]


def both(scores, owners, **how):
    """The six recalls of images as rows, captions as columns."""
    relevant = owners[None, :] == np.arange(len(scores))[:, None]
    return [*recalls(scores, relevant, **how), *recalls(scores.T, relevant.T, **how)]


def truncated(scores, owners, k):
    """As a re-ranking script does it: fill what is not re-ranked with -100, and sort in reverse."""
    relevant = owners[None, :] == np.arange(len(scores))[:, None]
    found = []
    for table, right in ((scores, relevant), (scores.T, relevant.T)):
        filled = np.full(table.shape, -100.0, np.float32)
        best = np.argpartition(-table, k, axis=1)[:, :k]
        np.put_along_axis(filled, best, np.take_along_axis(table, best, axis=1), axis=1)
        found += recalls_of_order(np.argsort(filled, axis=1, kind="stable")[:, ::-1], right)
    return found


def one_each(scores, owners, captions):
    return both(scores[:, captions], owners[captions])


def in_folds(scores, owners, fold_of_image):
    """The mean over folds."""
    parts = []
    for fold in np.unique(fold_of_image):
        images = np.flatnonzero(fold_of_image == fold)
        captions = np.flatnonzero(np.isin(owners, images))
        parts.append(both(scores[np.ix_(images, captions)], np.searchsorted(images, owners[captions])))
    return np.mean(parts, axis=0).tolist()
