//! The macros of concurry: `#[derive(Worker)]`, `#[worker]`, `#[task]` and `#[resilient]`.
//!
//! Use them through the crate `concurry`, which offers them beside what their code needs.
//! A call is read into a model (`parse`), rules that concern several functions are held against
//! the model (`check`), and the model becomes code (`expand`). All errors of a call are reported at
//! once, each at the token at fault, and the user's own code is kept in any case.

mod check;
mod errors;
mod expand;
mod model;
mod parse;
mod run;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Declares a struct or an enum as a worker.
///
/// Makes two types beside it, with the same visibility and parameters: `NameHandle`, by which a
/// pool of workers is called, and `NameOptions`, by which it is configured. The methods come from
/// the impl block under [`macro@worker`].
///
/// The attribute `#[worker(…)]` below the derive gives the pools of this type their defaults:
///
/// * `mode = "thread"`: where the workers run: `"sync"`, `"thread"`, `"async"`, `"process"` or
///   `"ray"`, or one of the other spellings that `Mode` reads;
/// * `max_workers = 4`: how many workers a pool may have, at least one;
/// * `process`: it is a compile error, at the type, if an argument, a result or a parameter of the
///   constructor can't leave the process for want of serde's `Serialize` and `Deserialize`; without it
///   that is an error of `init`, and only in the modes that need it. On a generic worker it is found
///   when an instance is compiled, not by `cargo check`;
/// * `crate = some::path`: where concurry is found, if not under its own name.
///
/// ```
/// use concurry::prelude::*;
///
/// #[derive(Worker)]
/// #[worker(mode = "thread", max_workers = 4)]
/// struct Greeter {
///     greeting: String,
/// }
///
/// #[worker]
/// impl Greeter {
///     pub fn new(greeting: String) -> Self {
///         Self { greeting }
///     }
///
///     pub fn greet(&self, name: String) -> String {
///         format!("{}, {name}!", self.greeting)
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let greeter: GreeterHandle = Greeter::init("Hello".to_owned())?;
/// assert_eq!(greeter.greet("Ada".to_owned()).result()?, "Hello, Ada!");
/// # Ok(())
/// # }
/// ```
#[proc_macro_derive(Worker, attributes(worker))]
pub fn derive_worker(item: TokenStream) -> TokenStream {
    run::derive_worker(item.into()).into()
}

/// Makes the public methods of an impl block callable through a pool.
///
/// * **The constructor** is the function `new`. Its parameters become those of `init`; it returns
///   `Self` or `Result<Self, E>`, may be an `async fn`, and runs once for each worker, on that
///   worker. Without `new`, `init` takes the state itself and clones it.
/// * **Methods** take `&self` or `&mut self` and are a `fn` or an `async fn`. On the handle each has
///   the same name and parameters and returns a `TaskFuture` at once. Arguments and results are
///   owned. A return type named `Result`, also an alias, gives the future its error type.
/// * **`ctx: &CallContext`** right after `self` is not a parameter of the call: the pool passes it.
/// * **Private methods** and those under `#[worker(skip)]` stay as they are.
///
/// On a method, `#[idempotent]` says that running it twice does no harm, and `#[pure]` that equal
/// arguments give equal results.
///
/// `#[batch(of = "name")]` says that the method does many calls of the method `name` at once, which
/// is what the pool then does with them. Instead of that method's first argument it takes a `Vec`,
/// then the same remaining arguments; it gives a `Vec` of results in the same order, or a `Result` of
/// that. Its own arguments: `max_size = 64` calls at most; `max_wait = "5ms"`, how long a call waits
/// for company while a worker is free; `weight = "path"` and `max_weight = 8_000`, a bound on the sum
/// of what a function gives for each call; `limit = "tokens"`, from which limit each call reserves its
/// weight; `bisect`, to call a batch that failed again in halves. It need not be `pub`.
///
/// The macro keeps the impl block and adds `init`, `init_async` and `options` to the type. A type has
/// one such block. `#[worker(crate = some::path)]` says where concurry is found.
///
/// ```
/// use concurry::prelude::*;
///
/// #[derive(Worker)]
/// struct Account {
///     balance: u64,
/// }
///
/// #[worker]
/// impl Account {
///     pub fn new(balance: u64) -> Self {
///         Self { balance }
///     }
///
///     pub fn withdraw(&mut self, amount: u64) -> Result<u64, String> {
///         self.balance = self.balance.checked_sub(amount).ok_or("too little")?;
///         Ok(self.balance)
///     }
///
///     #[worker(skip)]
///     pub fn is_empty(&self) -> bool {
///         self.balance == 0
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let account = Account::options(Mode::Thread, 1).init(10)?;
/// assert_eq!(account.withdraw(4).result()?, 6);
/// assert!(account.withdraw(7).result().is_err());
/// assert!(Account::new(0).is_empty());
/// # Ok(())
/// # }
/// ```
#[proc_macro_attribute]
pub fn worker(arguments: TokenStream, item: TokenStream) -> TokenStream {
    run::worker(arguments.into(), item.into()).into()
}

/// Lets a function or method ask the circuit breaker of a service before it runs, and answers by a
/// fallback where the breaker refuses or the call fails. When the service is back, it is found out by
/// itself: the breaker lets a few calls through now and then.
///
/// * `service = "pricing"`: whose breaker it is, as an expression that gives a string and may use the
///   arguments: `service = format!("pricing/{}", sku.region)`. Everybody in the process who names the
///   same service shares its breaker; `concurry::retry::service(name)` shows it, and
///   `CircuitBreaker::register` puts one with other options in its place.
/// * `fallback = path`: called as `path(&error, arguments…)`, with `&BreakerError<E>` and copies of the
///   arguments, which then have to be `Clone`. It gives the output or a `Result`; for an `async fn` it may
///   be one as well, and it may itself be `#[resilient]`, which makes a chain. On a method, a path that
///   begins with `Self::` is called as a method.
/// * `crate = some::path`: where concurry is found, if not under its own name.
///
/// Without a fallback, the error type has to be `From<BreakerOpen>`. What trips the breaker is every
/// error, or what the error's `Retryable` says, if it implements that. A call that is dropped or panics
/// counts as nothing.
///
/// ```
/// use concurry::prelude::*;
/// use concurry::retry::BreakerError;
///
/// #[derive(Clone)]
/// struct Sku(u32);
///
/// #[resilient(service = "pricing", fallback = default_quote)]
/// fn quote(sku: Sku) -> Result<u32, String> {
///     if sku.0 == 13 { Err("the service is down".into()) } else { Ok(sku.0 * 2) }
/// }
///
/// fn default_quote(error: &BreakerError<String>, _sku: Sku) -> u32 {
///     match error {
///         BreakerError::Open(_) => 0,
///         _ => 1,
///     }
/// }
///
/// assert_eq!(quote(Sku(4)), Ok(8));
/// assert_eq!(quote(Sku(13)), Ok(1));
/// concurry::retry::service("pricing").isolate();
/// assert_eq!(quote(Sku(4)), Ok(0));
/// ```
#[proc_macro_attribute]
pub fn resilient(arguments: TokenStream, item: TokenStream) -> TokenStream {
    run::resilient(arguments.into(), item.into()).into()
}

/// Makes a function callable through a pool, and leaves it a function.
///
/// Makes a type of the same name that has `pool()` and `options(…)`, and the types `NamePool` and
/// `NameOptions`. The function follows the rules of a method under [`macro@worker`], without a
/// receiver. `#[task(…)]` takes the arguments `mode`, `max_workers` and `crate`, which mean what they
/// mean for [`macro@Worker`].
///
/// ```
/// use concurry::prelude::*;
///
/// #[task(mode = "thread", max_workers = 2)]
/// fn square(number: u64) -> u64 {
///     number * number
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = square::pool()?;
/// assert_eq!(pool.submit(3).result()?, square(3));
/// assert_eq!(pool.map([1, 2, 3]).results()?, [1, 4, 9]);
/// # Ok(())
/// # }
/// ```
#[proc_macro_attribute]
pub fn task(arguments: TokenStream, item: TokenStream) -> TokenStream {
    run::task(arguments.into(), item.into()).into()
}
