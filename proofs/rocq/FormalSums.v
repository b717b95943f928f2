(** The rank of features with one layer of exponentials from above. Their entries are rational combinations of names: powers
    t^e, and t^e / L(t) with 0 <= e < deg L. What has no names left is 0, in every field and at every transcendental t. *)

From Coq Require Import List ZArith QArith Qreduction Lia Ring Setoid Morphisms.
From ExactCNN Require Import Numbers Ranks Networks Factors Exponentials.
Import ListNotations.
Local Open Scope Z_scope.

(** c t^e + ..., with ascending exponents e, which may be below 0. *)
Definition laurent : Type := list (Z * Q).

Definition same (p q : laurent) : {p = q} + {p <> q}.
Proof. repeat decide equality. Defined.

Fixpoint insert (e : Z) (c : Q) (p : laurent) : laurent :=
  match p with
  | [] => [(e, c)]
  | (e', c') :: p' =>
      match e ?= e' with
      | Lt => (e, c) :: p
      | Eq => let s := Qred (c + c') in if Qeq_bool s 0 then p' else (e, s) :: p'
      | Gt => (e', c') :: insert e c p'
      end
  end.

Definition plus (p q : laurent) : laurent := fold_right (fun '(e, c) => insert e c) q p.

(** c t^e p. *)
Definition multiple (e : Z) (c : Q) (p : laurent) : laurent := map (fun '(e', c') => (e + e', Qred (c * c'))) p.

Definition times (p q : laurent) : laurent := fold_right (fun '(e, c) => plus (multiple e c q)) [] p.

(** p = q L + r, by so many steps at most: exponents below 0 and from deg L on are taken away. L begins with 1. *)
Fixpoint divide (steps : nat) (L p : laurent) : laurent * laurent :=
  match steps with
  | O => ([], p)
  | S n =>
      let '(top, leading) := last L (0, 1%Q) in
      let take e c := let '(q, r) := divide n L (plus (multiple e (- c) L) p) in (insert e c q, r) in
      match p with
      | [] => ([], [])
      | (e, c) :: _ =>
          if e <? 0 then take e c
          else let '(e', c') := last p (0, 0%Q) in if top <=? e' then take (e' - top) (Qred (c' / leading)) else ([], p)
      end
  end.

(** E^j has j <= 1000 in a certificate; with too few steps names would not be recognised, but nothing wrong be proved. *)
Definition most_steps : nat := 2000.

(** p + r / L + ... *)
Definition formal_sum : Type := laurent * list (laurent * laurent).

Fixpoint join (L r : laurent) (f : list (laurent * laurent)) : list (laurent * laurent) :=
  match f with
  | [] => [(L, r)]
  | (L', r') :: f' =>
      if same L L' then match plus r r' with [] => f' | s => (L, s) :: f' end else (L', r') :: join L r f'
  end.

Definition sum_add (f g : formal_sum) : formal_sum :=
  (plus (fst f) (fst g), fold_right (fun '(L, r) => join L r) (snd g) (snd f)).

(** p / L. *)
Definition over (L p : laurent) : formal_sum :=
  let '(q, r) := divide most_steps L p in (q, match r with [] => [] | _ => [(L, r)] end).

Definition sum_times (p : laurent) (f : formal_sum) : formal_sum :=
  fold_right (fun '(L, r) => sum_add (over L (times p r))) (times p (fst f), []) (snd f).

(** Exponents ascend from e on, and no coefficient is 0. *)
Fixpoint ascending (e : Z) (p : laurent) : bool :=
  match p with
  | [] => true
  | (e', c) :: p' => (e <=? e') && negb (Qeq_bool c 0) && ascending (e' + 1) p'
  end.

(** Numbers by their names; None where these are not known: of products and inverses of sums of fractions. *)
Definition formal_sums : numbers := {|
  number := option formal_sum;
  add := fun a b => match a, b with Some f, Some g => Some (sum_add f g) | _, _ => None end;
  mul := fun a b =>
    match a, b with
    | Some (p, []), Some g => Some (sum_times p g)
    | Some f, Some (q, []) => Some (sum_times q f)
    | _, _ => None
    end;
  inv := fun a =>
    match a with
    | Some ((e, c) :: p, []) =>
        if ascending e ((e, c) :: p) then Some (over (multiple (- e) (/ c) ((e, c) :: p)) [(- e, Qred (/ c))]) else None
    | _ => None
    end;
  of_Q := fun q => Some (if Qeq_bool q 0 then [] else [(0, q)], [])
|}.

Definition t_itself : formal_sums := Some ([(1, 1%Q)], []).

Definition no_names (a : formal_sums) : bool := match a with Some ([], []) => true | _ => false end.

Section Values.
  Variable K : numbers.
  Variable eqv : K -> K -> Prop.
  Hypothesis laws : field_over_Q K eqv.
  Local Infix "==" := eqv (at level 70).
  Local Instance equality_instance : Equivalence eqv := equality K eqv laws.
  Local Instance add_instance : Proper (eqv ==> eqv ==> eqv) (@add K) := add_proper K eqv laws.
  Local Instance mul_instance : Proper (eqv ==> eqv ==> eqv) (@mul K) := mul_proper K eqv laws.
  Local Instance opp_instance : Proper (eqv ==> eqv) (@opp K) := opp_proper K eqv laws.
  Local Instance sub_instance : Proper (eqv ==> eqv ==> eqv) (@sub K) := sub_proper K eqv laws.
  Local Instance of_Q_instance : Proper (Qeq ==> eqv) (@of_Q K) := of_Q_proper K eqv laws.
  Add Ring K_ring : (ring_laws K eqv laws) (setoid equality_instance (ring_proper K eqv laws)).
  Variable t : K.
  Hypothesis t_transcendental : transcendental K eqv t.

  Local Notation power_t := (power_integer K t).
  Let power_succ := power_succ K eqv laws t t_transcendental.
  Let power_add := power_add K eqv laws t t_transcendental.

  Fixpoint value (p : laurent) : K :=
    match p with [] => zero | (e, c) :: p' => add (mul (of_Q c) (power_t e)) (value p') end.

  Lemma of_Q_red (q : Q) : of_Q (Qred q) == (of_Q q : K).
  Proof. rewrite Qred_correct. reflexivity. Qed.

  Lemma value_insert (e : Z) (c : Q) (p : laurent) : value (insert e c p) == add (mul (of_Q c) (power_t e)) (value p).
  Proof.
    induction p as [| [e' c'] p IH]; [reflexivity |]. cbn [insert value].
    destruct (Z.compare_spec e e') as [<- | _ | _]; [| reflexivity | cbn [value]; rewrite IH; ring].
    assert (S : of_Q (Qred (c + c')) == add (of_Q c) (of_Q c' : K)) by (rewrite of_Q_red; apply (of_Q_add K eqv laws)).
    destruct (Qeq_bool (Qred (c + c')) 0) eqn:Z; cbn [value].
    - apply Qeq_bool_iff in Z. rewrite Z in S. change (of_Q 0) with (zero : K) in S.
      transitivity (add (mul (add (of_Q c) (of_Q c')) (power_t e)) (value p)); [rewrite <- S |]; ring.
    - rewrite S. ring.
  Qed.

  Lemma value_plus (p q : laurent) : value (plus p q) == add (value p) (value q).
  Proof.
    unfold plus. induction p as [| [e c] p IH]; cbn [fold_right value]; [ring |]. rewrite value_insert, IH. ring.
  Qed.

  Lemma value_multiple (e : Z) (c : Q) (p : laurent) :
    value (multiple e c p) == mul (mul (of_Q c) (power_t e)) (value p).
  Proof.
    unfold multiple. induction p as [| [e' c'] p IH]; cbn [map value]; [ring |].
    rewrite IH, of_Q_red, power_add, (of_Q_mul K eqv laws). ring.
  Qed.

  Lemma value_times (p q : laurent) : value (times p q) == mul (value p) (value q).
  Proof.
    unfold times. induction p as [| [e c] p IH]; cbn [fold_right value]; [ring |].
    rewrite value_plus, value_multiple, IH. ring.
  Qed.

  Lemma value_divide (n : nat) (L p : laurent) :
    value p == add (mul (value (fst (divide n L p))) (value L)) (value (snd (divide n L p))).
  Proof.
    revert p. induction n as [| n IH]; intro p; [cbn; ring |]. cbn [divide]. destruct (last L (0, 1%Q)) as [top leading].
    assert (T : forall e c, value p == add
      (mul (value (fst (let '(q, r) := divide n L (plus (multiple e (- c) L) p) in (insert e c q, r)))) (value L))
      (value (snd (let '(q, r) := divide n L (plus (multiple e (- c) L) p) in (insert e c q, r))))).
    { intros e c. specialize (IH (plus (multiple e (- c) L) p)). rewrite value_plus, value_multiple in IH.
      destruct (divide n L _) as [q r]. cbn [fst snd] in *. rewrite value_insert.
      rewrite (of_Q_opp K eqv laws) in IH.
      transitivity (add (mul (mul (of_Q c) (power_t e)) (value L))
        (add (mul (mul (opp (of_Q c)) (power_t e)) (value L)) (value p))); [ring | rewrite IH; ring]. }
    destruct p as [| [e c] p]; [cbn; ring |]. destruct (e <? 0); [apply T |].
    destruct (last _ _) as [e' c']. destruct (top <=? e'); [apply T | cbn; ring].
  Qed.

  Fixpoint fractions (f : list (laurent * laurent)) : K :=
    match f with [] => zero | (L, r) :: f' => add (mul (value r) (inv (value L))) (fractions f') end.

  Definition sum_value (f : formal_sum) : K := add (value (fst f)) (fractions (snd f)).

  Definition defined (f : formal_sum) : Prop := Forall (fun pair => ~ value (fst pair) == zero) (snd f).

  (** x is the number of these names. *)
  Definition named (x : K) (a : formal_sums) : Prop :=
    match a with Some f => defined f /\ x == sum_value f | None => True end.

  Lemma join_correct (L r : laurent) (f : list (laurent * laurent)) :
    fractions (join L r f) == add (mul (value r) (inv (value L))) (fractions f).
  Proof.
    induction f as [| [L' r'] f IH]; [reflexivity |]. cbn [join]. destruct (same L L') as [<- | _].
    - pose proof (value_plus r r') as P. destruct (plus r r') as [| term s]; cbn [fractions].
      + transitivity (add (mul (add (value r) (value r')) (inv (value L))) (fractions f)); [rewrite <- P; cbn [value] |]; ring.
      + rewrite P. ring.
    - cbn [fractions]. rewrite IH. ring.
  Qed.

  Lemma join_defined (p q L r : laurent) (f : list (laurent * laurent)) :
    ~ value L == zero -> defined (p, f) -> defined (q, join L r f).
  Proof.
    unfold defined. cbn [snd]. intros D G. induction G as [| [L' r'] f D' G IH]; cbn [join]; [constructor; auto |].
    destruct (same L L') as [<- | _]; [destruct (plus r r') |]; auto.
  Qed.

  Lemma sum_add_correct (f g : formal_sum) : defined f -> defined g ->
    defined (sum_add f g) /\ sum_value (sum_add f g) == add (sum_value f) (sum_value g).
  Proof.
    destruct f as [p f], g as [q g]. unfold sum_add, sum_value. cbn [fst snd]. intros D G.
    assert (J : defined (plus p q, fold_right (fun '(L, r) => join L r) g f) /\
      fractions (fold_right (fun '(L, r) => join L r) g f) == add (fractions f) (fractions g)).
    { unfold defined in D. cbn [snd] in D. induction D as [| [L r] f N D [E V]]; cbn [fold_right fractions].
      - split; [exact G | ring].
      - split; [apply (join_defined (plus p q)); assumption | rewrite join_correct, V; ring]. }
    destruct J as [J V]. split; [exact J | rewrite V, value_plus; ring].
  Qed.

  Lemma over_correct (L p : laurent) : ~ value L == zero ->
    defined (over L p) /\ sum_value (over L p) == mul (value p) (inv (value L)).
  Proof.
    intro D. pose proof (value_divide most_steps L p) as V. unfold over. destruct (divide most_steps L p) as [q r].
    cbn [fst snd] in V. pose proof (inverse K eqv laws _ D) as I.
    assert (E : mul (value p) (inv (value L)) == add (value q) (mul (value r) (inv (value L)))).
    { transitivity (add (mul (value q) (mul (value L) (inv (value L)))) (mul (value r) (inv (value L)))).
      - rewrite V. ring.
      - rewrite I. ring. }
    rewrite E. unfold defined, sum_value. destruct r as [| term r]; cbn [fst snd fractions]; split.
    - constructor.
    - cbn [value]. ring.
    - constructor; [exact D | constructor].
    - ring.
  Qed.

  Lemma sum_times_correct (p : laurent) (f : formal_sum) : defined f ->
    defined (sum_times p f) /\ sum_value (sum_times p f) == mul (value p) (sum_value f).
  Proof.
    destruct f as [q f]. unfold sum_times, defined at 1. cbn [fst snd]. intro D.
    induction D as [| [L r] f N D [E V]]; cbn [fold_right].
    - split; [constructor |]. unfold sum_value. cbn [fst snd fractions]. rewrite value_times. ring.
    - destruct (over_correct L (times p r) N) as [O W]. destruct (sum_add_correct _ _ O E) as [A U]. split; [exact A |].
      rewrite U, V, W, value_times. unfold sum_value. cbn [fst snd fractions]. ring.
  Qed.

  Lemma at_t_shift (k : nat) (q : list Z) : at_t K t (repeat 0 k ++ q) == mul (power_t (Z.of_nat k)) (at_t K t q).
  Proof.
    induction k as [| k IH]; [cbn; ring |]. rewrite Nat2Z.inj_succ, power_succ. cbn [repeat app at_t]. rewrite IH.
    change (of_Q (inject_Z 0)) with (zero : K). ring.
  Qed.

  (** Up to factors that are not 0 it is a polynomial with integer coefficients. *)
  Lemma value_at_t (e : Z) (p : laurent) : ascending e p = true -> exists n q,
    mul (of_Q (inject_Z n)) (value p) == mul (power_t e) (at_t K t q) /\ n <> 0 /\ (p <> [] -> Exists (fun a => a <> 0) q).
  Proof.
    revert e. induction p as [| [e' c] p IH]; intros e A.
    - exists 1, []. cbn [value at_t]. repeat split; [ring | lia | congruence].
    - cbn [ascending] in A. apply andb_prop in A. destruct A as [A P]. apply andb_prop in A. destruct A as [L C].
      apply Z.leb_le in L. apply negb_true_iff in C. destruct (IH _ P) as (n & q & V & N & _).
      set (d := Zpos (Qden c)). exists (n * d), (repeat 0 (Z.to_nat (e' - e)) ++ (n * Qnum c) :: map (Z.mul d) q).
      pose proof (of_Q_numerator K eqv laws c) as M. fold d in M.
      repeat split.
      + rewrite at_t_shift, Z2Nat.id by lia. cbn [value at_t]. rewrite !(of_Z_mul K eqv laws), (at_t_scale K eqv laws).
        transitivity (add (mul (mul (of_Q (inject_Z n)) (mul (of_Q c) (of_Q (inject_Z d)))) (power_t e'))
          (mul (of_Q (inject_Z d)) (mul (of_Q (inject_Z n)) (value p)))); [ring |]. rewrite M, V.
        replace e' with (e + (e' - e)) at 1 by lia. rewrite power_add.
        replace (e' + 1) with (Z.succ (e + (e' - e))) by lia. rewrite power_succ, power_add. ring.
      + unfold d. lia.
      + intros _. apply Exists_app. right. left. intro E. apply Z.mul_eq_0 in E. destruct E as [E | E]; [contradiction |].
        assert (Q : Qeq c 0) by (unfold Qeq; simpl; lia). apply Qeq_bool_iff in Q. congruence.
  Qed.

  Lemma value_not_zero (e : Z) (p : laurent) : ascending e p = true -> p <> [] -> ~ value p == zero.
  Proof.
    intros A P Z. destruct (value_at_t e p A) as (n & q & V & _ & E). apply (t_transcendental q (E P)).
    apply (no_zero_divisors K eqv laws (power_t e)); [| rewrite <- V, Z; ring].
    intro X. pose proof (power_add e (- e)) as O. rewrite Z.add_opp_diag_r, X in O.
    apply (nontrivial K eqv laws). cbn in O. rewrite O. ring.
  Qed.

  Lemma named_add x y a b : named x a -> named y b -> named (add x y) (add a b).
  Proof.
    destruct a as [f |], b as [g |]; cbn; auto. intros [D V] [G W]. destruct (sum_add_correct f g D G) as [E U].
    split; [exact E | rewrite U, V, W; reflexivity].
  Qed.

  Lemma named_mul x y a b : named x a -> named y b -> named (mul x y) (mul a b).
  Proof.
    assert (T : forall x y p g, named x (Some (p, [])) -> named y (Some g) -> named (mul x y) (Some (sum_times p g))).
    { intros x' y' p g [_ V] [G W]. destruct (sum_times_correct p g G) as [E U]. split; [exact E |].
      rewrite U, V, W. unfold sum_value. cbn [fst snd fractions]. ring. }
    destruct a as [[p [| L f]] |], b as [[q [| M g]] |]; try exact (fun _ _ => I); intros X Y; try (apply T; assumption).
    destruct (T y x q _ Y X) as [E U]. split; [exact E |]. rewrite <- U. ring.
  Qed.

  Lemma named_inv x a : named x a -> named (inv x) (inv a).
  Proof.
    destruct a as [[[| [e c] p] [| L f]] |]; try exact (fun _ => I). intros [_ V]. cbn [inv formal_sums].
    destruct (ascending e _) eqn:A; [| exact I]. pose proof (value_not_zero _ _ A ltac:(discriminate)) as N.
    set (q := (e, c) :: p) in *. unfold sum_value in V. cbn [fst snd fractions] in V.
    cbn [ascending] in A. unfold q in A. cbn [ascending] in A. apply andb_prop in A. destruct A as [A _].
    apply andb_prop in A. destruct A as [_ C]. apply negb_true_iff in C.
    assert (C' : ~ Qeq c 0) by (intro Z; apply Qeq_bool_iff in Z; congruence).
    pose (k := mul (of_Q (/ c)) (power_t (- e)) : K).
    assert (Kn : ~ k == zero).
    { intro Z. apply (nontrivial K eqv laws).
      assert (O : one == mul k (mul (of_Q c) (power_t e))).
      { unfold k. transitivity (mul (mul (of_Q (/ c)) (of_Q c)) (mul (power_t (- e)) (power_t e))); [| ring].
        rewrite <- power_add, <- (of_Q_mul K eqv laws), Z.add_opp_diag_l.
        setoid_replace (/ c * c)%Q with 1%Q by (field; exact C').
        change (of_Q 1) with (one : K). change (power_t 0) with (one : K). ring. }
      rewrite O, Z. ring. }
    assert (M : value (multiple (- e) (/ c) q) == mul k (value q)) by apply value_multiple.
    assert (D : ~ value (multiple (- e) (/ c) q) == zero) by (rewrite M; apply (product_not_zero K eqv laws); assumption).
    destruct (over_correct _ [(- e, Qred (/ c))] D) as [E U]. split; [exact E |]. rewrite U.
    assert (X : x == value q) by (rewrite V; ring).
    apply (inverse_unique K eqv laws); [rewrite X; exact N |]. pose proof (inverse K eqv laws _ D) as I.
    set (y := inv _) in *. rewrite M, <- X in I. rewrite <- I. cbn [value]. rewrite of_Q_red. unfold k. ring.
  Qed.

  Lemma named_of_Q (q : Q) : named (of_Q q) (of_Q q).
  Proof.
    cbn [of_Q formal_sums]. split; [constructor |]. unfold sum_value. cbn [fst snd fractions].
    destruct (Qeq_bool q 0) eqn:Z; cbn.
    - apply Qeq_bool_iff in Z. rewrite Z. change (of_Q 0) with (zero : K). ring.
    - ring.
  Qed.

  Lemma named_t : named t t_itself.
  Proof.
    split; [constructor |]. unfold sum_value. cbn. change (of_Q 1) with (one : K). ring.
  Qed.

  Lemma named_zero x a : named x a -> no_names a = true -> x == zero.
  Proof. destruct a as [[[| c p] [| L f]] |]; try discriminate. intros [_ V] _. rewrite V. unfold sum_value. cbn. ring. Qed.
End Values.

Theorem exponential_rank_by_names D below own above samples width columns V rows A :
  factors_are_right formal_sums no_names (exponential_features formal_sums t_itself D below own above samples)
    width columns V rows A = true ->
  forall (K : numbers) (eqv : K -> K -> Prop), field_over_Q K eqv -> forall t : K, transcendental K eqv t ->
  rank_at_most eqv (exponential_features K t D below own above samples) (length columns + length rows).
Proof.
  intros C K eqv laws t T.
  refine (rank_at_most_by_factors K eqv laws formal_sums (named K eqv t) _ _ _ no_names _ _ _ width columns V rows A _ C).
  - apply (named_add K eqv laws).
  - apply (named_mul K eqv laws t T).
  - apply named_of_Q; assumption.
  - apply (named_zero K eqv laws).
  - apply R_features.
    + apply (named_add K eqv laws).
    + apply (named_mul K eqv laws t T).
    + apply (named_inv K eqv laws t T).
    + apply named_of_Q; assumption.
    + apply (named_t K eqv laws).
Qed.
