(** The rank of features with one layer of a function of which nothing but a symmetry is known, from above. Their entries
    are rational combinations of 1 and of values at arguments that are not below 0; what has no terms left is 0. *)

From Coq Require Import List ZArith QArith Qreduction Lia Ring Setoid Morphisms.
From ExactCNN Require Import Numbers Ranks Networks Factors Exponentials.
Import ListNotations.
Local Arguments Qred : simpl never.

(** f(z) = s f(-z) + c z; and f(0) = 0, if this is asked for. *)
Definition has_symmetry {K : numbers} (eqv : K -> K -> Prop) (s c : Q) (zero_at_zero : bool) (f : Q -> K) : Prop :=
  (forall y z, Qeq y z -> eqv (f y) (f z)) /\ (forall z, eqv (f z) (add (mul (of_Q s) (f (- z)%Q)) (of_Q (c * z)%Q))) /\
  (zero_at_zero = true -> eqv (f 0%Q) zero).

(** F_k: layers below it are over Q, layers above it over K, of one piece each. *)
Definition symmetric_features (K : numbers) (f : Q -> K) (below : list (layer * parameters rationals))
  (own : layer * parameters rationals) (above : list (layer * parameters rationals)) (samples : list (list Q)) : matrix K :=
  map (fun x => evaluate K (apply_one_piece K) (fun _ => zero) (map (lifted K) above) (map f (arguments own (outputs below x))))
    samples.

(** A constant, and coefficients of values by arguments. *)
Definition combined : Type := Q * list (Q * Q).

Definition same_number (x y : Q) : bool := Z.eqb (Qnum x) (Qnum y) && Pos.eqb (Qden x) (Qden y).

Fixpoint collect (z a : Q) (l : list (Q * Q)) : list (Q * Q) :=
  match l with
  | [] => [(z, a)]
  | (y, b) :: l' =>
      if same_number z y then let s := Qred (a + b) in if Qeq_bool s 0 then l' else (y, s) :: l' else (y, b) :: collect z a l'
  end.

Definition combined_add (u v : combined) : combined :=
  (Qred (fst u + fst v), fold_right (fun '(z, a) => collect z a) (snd v) (snd u)).

Definition combined_scale (q : Q) (u : combined) : combined :=
  if Qeq_bool q 0 then (0%Q, []) else (Qred (q * fst u), map (fun '(z, a) => (z, Qred (q * a))) (snd u)).

(** None is what is no such combination, as far as is known. *)
Definition combinations : numbers := {|
  number := option combined;
  add := fun u v => match u, v with Some u', Some v' => Some (combined_add u' v') | _, _ => None end;
  mul := fun u v =>
    match u, v with
    | Some (q, []), Some v' => Some (combined_scale q v')
    | Some u', Some (q, []) => Some (combined_scale q u')
    | _, _ => None
    end;
  inv := fun u => match u with Some (q, []) => if Qeq_bool q 0 then None else Some (Qred (/ q), []) | _ => None end;
  of_Q := fun q => Some (q, [])
|}.

Definition nothing_left (u : combinations) : bool := match u with Some (q, []) => Qeq_bool q 0 | _ => false end.

(** f(z) by values at arguments that are not below 0. *)
Definition combined_value (s c : Q) (zero_at_zero : bool) (z : Q) : combinations :=
  let y := Qred z in
  if Qeq_bool y 0 then (if zero_at_zero then Some (0%Q, []) else Some (0%Q, [(0%Q, 1%Q)]))
  else if Qle_bool 0 y then Some (0%Q, [(y, 1%Q)]) else Some (Qred (c * y), [(Qred (- y), s)]).

Section Values.
  Variable K : numbers.
  Variable eqv : K -> K -> Prop.
  Hypothesis laws : field_over_Q K eqv.
  Local Infix "==" := eqv (at level 70).
  Local Instance equality_instance : Equivalence eqv := equality K eqv laws.
  Local Instance add_instance : Proper (eqv ==> eqv ==> eqv) (@add K) := add_proper K eqv laws.
  Local Instance mul_instance : Proper (eqv ==> eqv ==> eqv) (@mul K) := mul_proper K eqv laws.
  Local Instance of_Q_instance : Proper (Qeq ==> eqv) (@of_Q K) := of_Q_proper K eqv laws.
  Add Ring K_ring : (ring_laws K eqv laws) (setoid equality_instance (ring_proper K eqv laws)).
  Variable f : Q -> K.

  Lemma of_Q_red (q : Q) : of_Q (Qred q) == (of_Q q : K).
  Proof. rewrite Qred_correct. reflexivity. Qed.

  Fixpoint values_of (l : list (Q * Q)) : K :=
    match l with [] => zero | (z, a) :: l' => add (mul (of_Q a) (f z)) (values_of l') end.

  Definition stands_for (x : K) (u : combinations) : Prop :=
    match u with Some (q, l) => x == add (of_Q q) (values_of l) | None => True end.

  Lemma same_number_eq (x y : Q) : same_number x y = true -> x = y.
  Proof.
    destruct x as [n d], y as [m e]. unfold same_number. simpl. intro H. apply andb_prop in H. destruct H as [N D].
    apply Z.eqb_eq in N. apply Pos.eqb_eq in D. subst. reflexivity.
  Qed.

  Lemma values_collect (z a : Q) (l : list (Q * Q)) : values_of (collect z a l) == add (mul (of_Q a) (f z)) (values_of l).
  Proof.
    induction l as [| [y b] l IH]; [reflexivity |]. cbn [collect]. destruct (same_number z y) eqn:E.
    - apply same_number_eq in E. subst z.
      assert (S : of_Q (Qred (a + b)) == add (of_Q a) (of_Q b : K)) by (rewrite Qred_correct; apply (of_Q_add K eqv laws)).
      destruct (Qeq_bool (Qred (a + b)) 0) eqn:Z; cbn [values_of].
      + apply Qeq_bool_iff in Z. rewrite Z in S. change (of_Q 0) with (zero : K) in S.
        transitivity (add (mul (add (of_Q a) (of_Q b)) (f y)) (values_of l)); [rewrite <- S |]; ring.
      + rewrite S. ring.
    - cbn [values_of]. rewrite IH. ring.
  Qed.

  Lemma stands_for_add x y u v : stands_for x u -> stands_for y v -> stands_for (add x y) (add u v).
  Proof.
    destruct u as [[p l] |], v as [[q m] |]; cbn; auto. intros X Y.
    assert (V : values_of (fold_right (fun '(z, a) => collect z a) m l) == add (values_of l) (values_of m)).
    { clear - laws. induction l as [| [z a] l IH]; cbn [fold_right values_of]; [ring |]. rewrite values_collect, IH. ring. }
    rewrite V, X, Y, of_Q_red, (of_Q_add K eqv laws). ring.
  Qed.

  Lemma stands_for_scale x y q v : x == of_Q q -> stands_for y (Some v) -> stands_for (mul x y) (Some (combined_scale q v)).
  Proof.
    destruct v as [p l]. intros X Y. cbn [stands_for] in Y. unfold combined_scale.
    destruct (Qeq_bool q 0) eqn:Z; cbn [stands_for fst snd]; rewrite X, Y.
    - apply Qeq_bool_iff in Z. assert (O : of_Q q == (zero : K)) by exact (of_Q_proper K eqv laws _ _ Z).
      rewrite O. cbn [values_of]. change (of_Q 0) with (zero : K). ring.
    - assert (V : values_of (map (fun '(z, a) => (z, Qred (q * a))) l) == mul (of_Q q) (values_of l)).
      { clear - laws. induction l as [| [z a] l IH]; cbn [map values_of]; [ring |]. rewrite IH, of_Q_red, (of_Q_mul K eqv laws). ring. }
      rewrite V, of_Q_red, (of_Q_mul K eqv laws). ring.
  Qed.

  Lemma stands_for_mul x y u v : stands_for x u -> stands_for y v -> stands_for (mul x y) (mul u v).
  Proof.
    assert (C : forall z q, stands_for z (Some (q, [])) -> z == of_Q q) by (cbn; intros z q ->; ring).
    destruct u as [[p [| a l]] |], v as [[q [| b m]] |]; try exact (fun _ _ => I); intros X Y.
    - apply stands_for_scale; [apply C; exact X | exact Y].
    - apply stands_for_scale; [apply C; exact X | exact Y].
    - assert (S : stands_for (mul y x) (Some (combined_scale q (p, a :: l)))) by (apply stands_for_scale; [apply C; exact Y | exact X]).
      cbn [mul combinations]. destruct (combined_scale q (p, a :: l)). cbn [stands_for] in *. rewrite <- S. ring.
  Qed.

  Lemma stands_for_inv x u : stands_for x u -> stands_for (inv x) (inv u).
  Proof.
    destruct u as [[q [| a l]] |]; try exact (fun _ => I). cbn [inv combinations]. intro X.
    destruct (Qeq_bool q 0) eqn:Z; [exact I |]. assert (N : ~ Qeq q 0) by (intro E; apply Qeq_bool_iff in E; congruence).
    assert (P : mul (of_Q q) (of_Q (/ q)) == (one : K)).
    { rewrite <- (of_Q_mul K eqv laws). setoid_replace (q * / q)%Q with 1%Q by (field; exact N). reflexivity. }
    cbn [stands_for values_of] in *. assert (E : x == of_Q q) by (rewrite X; ring).
    transitivity (of_Q (/ q) : K); [| rewrite of_Q_red; ring]. apply (inverse_unique K eqv laws).
    - rewrite E. intro O. apply (nontrivial K eqv laws). rewrite <- P, O. ring.
    - rewrite E. exact P.
  Qed.

  Lemma stands_for_of_Q (q : Q) : stands_for (of_Q q) (of_Q q).
  Proof. cbn. ring. Qed.

  Lemma stands_for_zero x u : stands_for x u -> nothing_left u = true -> x == zero.
  Proof.
    destruct u as [[q [| a l]] |]; try discriminate. cbn. intros X Z. apply Qeq_bool_iff in Z. rewrite X, Z.
    change (of_Q 0) with (zero : K). ring.
  Qed.

  Lemma stands_for_value (s c : Q) (zero_at_zero : bool) (z : Q) : has_symmetry eqv s c zero_at_zero f ->
    stands_for (f z) (combined_value s c zero_at_zero z).
  Proof.
    intros (P & S & Z). unfold combined_value. pose proof (Qred_correct z) as R. cbv zeta. set (y := Qred z) in *.
    change (of_Q 1) with (one : K) in *.
    destruct (Qeq_bool y 0) eqn:E; [| destruct (Qle_bool 0 y)].
    - apply Qeq_bool_iff in E. assert (O : f z == f 0%Q) by (apply P; exact (Qeq_trans _ _ _ (Qeq_sym _ _ R) E)).
      destruct zero_at_zero; cbn [stands_for values_of]; rewrite O; change (of_Q 1) with (one : K); change (of_Q 0) with (zero : K).
      + rewrite (Z eq_refl). ring.
      + ring.
    - cbn [stands_for values_of]. change (of_Q 1) with (one : K). change (of_Q 0) with (zero : K).
      rewrite (P z y (Qeq_sym _ _ R)). ring.
    - assert (A : Qeq (- z) (Qred (- y))) by (rewrite Qred_correct, R; reflexivity).
      assert (B : of_Q (Qred (c * y)) == (of_Q (c * z)%Q : K)).
      { apply (of_Q_proper K eqv laws). rewrite Qred_correct, R. reflexivity. }
      cbn [stands_for values_of]. rewrite (S z), (P _ _ A), B. ring.
  Qed.
End Values.

Theorem symmetric_rank_by_values s c zero_at_zero below own above samples width columns V rows A :
  factors_are_right combinations nothing_left
    (symmetric_features combinations (combined_value s c zero_at_zero) below own above samples) width columns V rows A = true ->
  forall (K : numbers) (eqv : K -> K -> Prop), field_over_Q K eqv ->
  forall f : Q -> K, has_symmetry eqv s c zero_at_zero f ->
  rank_at_most eqv (symmetric_features K f below own above samples) (length columns + length rows).
Proof.
  intros C K eqv laws f S. set (R := stands_for K eqv f).
  assert (R_add := stands_for_add K eqv laws f : forall x y a b, R x a -> R y b -> R (add x y) (add a b)).
  assert (R_mul := stands_for_mul K eqv laws f : forall x y a b, R x a -> R y b -> R (mul x y) (mul a b)).
  assert (R_inv := stands_for_inv K eqv laws f : forall x a, R x a -> R (inv x) (inv a)).
  assert (R_of_Q := stands_for_of_Q K eqv laws f : forall q, R (of_Q q) (of_Q q)).
  refine (rank_at_most_by_factors K eqv laws combinations R R_add R_mul R_of_Q nothing_left _ _ _ width columns V rows A _ C).
  - apply stands_for_zero. exact laws.
  - clear C. unfold symmetric_features. induction samples as [| x samples IH]; simpl; constructor; [clear IH | apply IH].
    + apply (R_evaluate K combinations R R_add R_mul R_of_Q).
      * intros act y a H. apply (R_quotient K combinations R R_add R_mul R_inv R_of_Q); [exact H | apply R_of_Q].
      * intros. apply R_of_Q.
      * induction above as [| [l p] above IH]; simpl; constructor; [| exact IH]. split; [reflexivity |].
        split; simpl; [| apply R_map; apply R_of_Q].
        induction (weights p); simpl; constructor; [apply R_map; apply R_of_Q | assumption].
      * apply R_map. intro z. apply stands_for_value; assumption.
Qed.
