//! The tuples that are containers of nodes and lists of arguments.

/// Calls a macro with each: with names for the types in it, and their places.
macro_rules! for_each_tuple {
    ($with:ident) => {
        $with!(A 0);
        $with!(A 0, B 1);
        $with!(A 0, B 1, C 2);
        $with!(A 0, B 1, C 2, D 3);
        $with!(A 0, B 1, C 2, D 3, E 4);
        $with!(A 0, B 1, C 2, D 3, E 4, F 5);
        $with!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
        $with!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
        $with!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
        $with!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
        $with!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
        $with!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
    };
}
